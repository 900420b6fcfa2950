"""What spreadsheets write into a cell instead of a value; as a word it would be texted: "Ciao #N/A"."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

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
    # Dutch, Polish, Swedish, Danish, Norwegian and Finnish.
    *("#N/B", "#VERW!", "#WAARDE!", "#DEEL/0!", "#NAAM?", "#LEEG!", "#GETAL!"),
    *("#N/D!", "#ADR!", "#ARG!", "#DZIEL/0!", "#NAZWA?", "#ZERO!", "#LICZBA!", "#ROZLANIE!"),
    *("#SAKNAS!", "#REFERENS!", "#VÄRDEFEL!", "#DIVISION/0!", "#NAMN?", "#SKÄRNING!", "#OGILTIGT!"),
    *("#I/T", "#REFERENCE!", "#VÆRDI!", "#NAVN?", "#VERDI!"),
    *("#PUUTTUU!", "#PUUTTUU", "#VIITTAUS!", "#ARVO!", "#JAKO/0!", "#NIMI?", "#TYHJÄ!", "#LUKU!"),
    # Turkish, Russian, Czech, Hungarian; Slovak, Slovenian and Greek where nothing was found.
    *("#YOK", "#BAŞV!", "#DEĞER!", "#SAYI/0!", "#AD?", "#BOŞ!", "#SAYI!"),
    *("#Н/Д", "#ССЫЛКА!", "#ЗНАЧ!", "#ДЕЛ/0!", "#ИМЯ?", "#ПУСТО!", "#ЧИСЛО!", "#ПЕРЕНОС!"),  # noqa: RUF001 - as Excel writes it
    *("#NENÍ_K_DISPOZICI", "#ODKAZ!", "#HODNOTA!", "#DĚLENÍ_NULOU!", "#NÁZEV?", "#ČÍSLO!"),
    *("#HIÁNYZIK", "#HIV!", "#ÉRTÉK!", "#ZÉRÓOSZTÓ!", "#NÉV?", "#NULLA!", "#SZÁM!"),
    *("#NEDOSTUPNÝ", "#N/V", "#Δ/Υ"),  # noqa: RUF001 - as above
    *(f"Err:{number}" for number in range(501, 541)),  # LibreOffice
)

_WORDS = pa.array(ERRORS, pa.large_string())


def errors(text: Any) -> Any:
    """
    Which cells hold such an error and nothing else, with or without spaces around it.

    Args:
        text: Texts and gaps, as `smsframe.arrow.strings` gives them.

    Example:
        >>> errors(pa.array(["#N/A ", "#1", None], pa.large_string())).to_pylist()
        [True, False, False]
    """
    return pc.is_in(pc.utf8_trim_whitespace(text), _WORDS)
