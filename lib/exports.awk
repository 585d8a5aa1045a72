# SPDX-License-Identifier: MIT
# exports.awk - the functions and tables that public headers declare, a name a
# line. A declaration begins its line; comments, members and the bodies of
# inline functions do not.
/^(typedef|static|#)/ || !/^[A-Za-z]/ { next }
match($0, /[ *]rec_[a-z0-9_]+[[(]/) { print substr($0, RSTART + 1, RLENGTH - 2) }
