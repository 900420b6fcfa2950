"""What spreadsheets write into a cell instead of a value; as a word it would be texted: "Ciao #N/A"."""

from __future__ import annotations

from typing import Final

ERRORS: Final = (
    # Excel and LibreOffice in English, and what workbooks store in any language (ECMA-376 part 1, 18.18.11).
    *(
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
    ),
    *("#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#PYTHON!", "#EXTERNAL!", "#ERROR!"),
    # What Excel writes into text files in other languages: German, Italian, French, Spanish and Portuguese.
    *("#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!", "#N/D", "#RIF!", "#VALORE!", "#NOME?", "#NULLO!"),
    *("#VALEUR!", "#NOM?", "#NUL!", "#NOMBRE!", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?", "#¡NULO!"),
    *("#¡NUM!", "#VALOR!", "#NÚM!", "#NULO!"),
    *(f"Err:{number}" for number in range(501, 541)),  # LibreOffice
)
