"""Faults in series to forecast and in labelled ones."""

from __future__ import annotations

from broken.case import Case, add, put, swap

L, W, M, A = "long-series", "wide-series", "matrix", "ts-archive"
NOON = "2016-10-01 12:00:00"
SERIES = [
    Case(L, "not a number", swap("m.csv", "A,1901,1", "A,1901,NaN"), "error", ("m.csv line 3: y is 'NaN', not a finite", "fill the gap")),
    Case(L, "infinite", swap("m.csv", "A,1901,1", "A,1901,-inf"), "error", ("m.csv line 3: y is '-inf'",)),
    Case(L, "too large", swap("m.csv", "A,1901,1", "A,1901,1e999"), "error", ("m.csv line 3: y is '1e999'",)),
    Case(L, "a decimal comma", swap("m.csv", "A,1901,1", 'A,1901,"1,5"'), "error", ("m.csv line 3: y is '1,5'",)),
    Case(L, "no value", swap("m.csv", "A,1901,1", "A,1901,"), "error", ("m.csv line 3: y is empty",)),
    Case(L, "a date twice", swap("m.csv", "A,1901,", "A,1900,"), "error", ("line 3: ds '1900' stands twice in series 'A'", "keep one")),
    Case(L, "unsorted dates", swap("m.csv", "A,1901,", "A,1899,"), "error", ("m.csv line 3: ds '1899' comes after '1900'", "sort")),
    Case(L, "no date", swap("m.csv", "A,1901,", "A,,"), "error", ("m.csv line 3: ds '' is not an ISO 8601",)),
    Case(L, "a day that is none", swap("m.csv", "A,1901,", "A,1901-02-30,"), "error", ("line 3: ds '1901-02-30' is not", "write it")),
    Case(L, "no name", swap("m.csv", "A,1901,", ",1901,"), "error", ("m.csv line 3 names no series", "fill")),
    Case(L, "a column less", swap("m.csv", "A,1901,1", "A,1901"), "error", ("m.csv line 3 has 2 columns",)),
    Case(L, "an open quote", swap("m.csv", "A,1901,1", 'A,"1901,1'), "error", ("m.csv line", "is not CSV")),
    Case(L, "a series in two files", put("n.csv", "unique_id,ds,y\nA,1900,1\n"), "told", ("1 of 131 examples dropped",)),
    Case(L, "another file that is no text", put("n.csv", b"\xff\xfe"), "error", ("n.csv line 1 is not UTF-8",)),
    Case(L, "too short", put("m.csv", "unique_id,ds,y\nA,1900,1\nA,1901,2\n"), "error", ("'A' of", "has 2 values, but needs")),
    Case(W, "not a number", swap("h.csv", f"{NOON},1,", f"{NOON},nan,"), "dropped", ("h.csv line 14: a is 'nan'",), 1),
    Case(W, "a column less", swap("h.csv", f"{NOON},1,", f"{NOON},"), "error", ("h.csv line 14 has 2 columns, the header 3", "mend")),
    Case(W, "an hour twice, as clocks go back", swap("h.csv", NOON, "2016-10-01 11:00:00"), "error", ("h.csv line 14", "stands twice")),
    Case(W, "an hour missing, as clocks go forward", swap("h.csv", f"{NOON},1,5\n", ""), "told", ("a long step after 2016-10-01 11:00:00",)),
    Case(W, "one date of a zone", swap("h.csv", NOON, f"{NOON}+02:00"), "error", ("h.csv line 14", "both have a time zone, or neither")),
    Case(W, "dates as in Britain", swap("h.csv", NOON, "01/10/2016 12:00"), "error", ("h.csv line 14", "is not an ISO 8601")),
    Case(W, "an hour too many", swap("h.csv", NOON, "2016-10-01 25:00:00"), "error", ("h.csv line 14", "is not an ISO 8601")),
    Case(W, "a column named twice", swap("h.csv", "date,a,b", "date,a,a"), "error", ("h.csv line 1 needs", "own name")),
    Case(W, "a header alone", put("h.csv", "date,a,b\n"), "error", ("",)),
    Case(W, "underscores in a number", swap("h.csv", f"{NOON},1,", f"{NOON},1_0,"), "dropped", ("h.csv line 14: a is '1_0'",), 1),
    Case(M, "ragged rows", add("rate.txt", "1,2,3\n"), "error", ("rate.txt line 91 has 3 columns, not 2", "mend the row")),
    Case(M, "a word", add("rate.txt", "1,high\n"), "dropped", ("rate.txt line 91", "'high'"), 1),
    Case(M, "a value missing", add("rate.txt", "1,\n"), "dropped", ("rate.txt line 91", "is empty"), 1),
    Case(M, "constant series", put("rate.txt", "1,1\n" * 90), "error", ("repeats itself", "remove it or change features.season")),
    Case(A, "a value missing", add("P_TRAIN.ts", "1,?,2:x\n"), "dropped", ("P_TRAIN.ts line 28", "a missing value"), 1),
    Case(A, "not a number", add("P_TRAIN.ts", "1,NaN,2:x\n"), "dropped", ("P_TRAIN.ts line 28", "missing or infinite"), 1),
    Case(A, "a word", add("P_TRAIN.ts", "1,high,2:x\n"), "dropped", ("P_TRAIN.ts line 28", "'high', which is no number"), 1),
    Case(A, "a dimension more", add("P_TRAIN.ts", "1,2:1,2:x\n"), "dropped", ("P_TRAIN.ts line 28", "2 dimensions, the others have 1"), 1),
    Case(A, "another label", add("P_TRAIN.ts", "1,2:z\n"), "dropped", ("P_TRAIN.ts line 28", "label 'z' is not one of @classLabel"), 1),
    Case(A, "no label", add("P_TRAIN.ts", "1,2:\n"), "dropped", ("P_TRAIN.ts line 28", "it has no label"), 1),
    Case(A, "unequal dimensions", put("P_TEST.ts", "@classLabel true x y\n@dimensions 2\n@data\n1,2:1:x\n"), "error", ("P_TEST.ts of", "has no example")),
    Case(A, "dimensions that are none", swap("P_TRAIN.ts", "@data", "@dimensions many\n@data"), "error", ("P_TRAIN.ts line 3", "must be a number")),
    Case(A, "no data", swap("P_TRAIN.ts", "@data\n", ""), "error", ("P_TRAIN.ts line 3 stands above @data",)),
    Case(A, "a header alone", put("P_TRAIN.ts", "@classLabel true x y\n@data\n"), "error", ("P_TRAIN.ts has no case below @data",)),
    Case(A, "no labels promised", swap("P_TRAIN.ts", "@classLabel true x y", "@classLabel false"), "error", ("P_TRAIN.ts has no labels",)),
    Case(A, "time stamps", swap("P_TRAIN.ts", "@data", "@timestamps true\n@data"), "error", ("P_TRAIN.ts line 3: cases with time stamps",)),
    Case(A, "targets that are numbers", swap("P_TRAIN.ts", "@data", "@targetLabel true\n@data"), "error", ("line 3: targets are numbers",)),
]  # fmt: skip
