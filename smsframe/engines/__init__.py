"""Beyond one machine: partitions of a table, each sent by a process of its own."""
