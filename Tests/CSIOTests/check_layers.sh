#!/bin/sh
# Checks that includes and calls only go base <- loop <- net <- http | ws, that no files of the library call each other in
# a circle, and that what only some systems have is used inside #if alone.
#   check_layers.sh NM SOURCES OBJECT...
nm=$1 sources=$2
shift 2
cd "$sources" || exit 1
{
  # Pairs of a file's folder (empty for files above all folders) and what the file includes.
  grep -En '#include [<"]' */*.[ch] | sed -E 's|^([^:]*):[0-9]*:#include |include \1 |'
  awk '
    BEGIN {
      names = "SOCK_CLOEXEC|SOCK_NONBLOCK|MSG_NOSIGNAL|MSG_CMSG_CLOEXEC|TCP_INFO|TCP_USER_TIMEOUT|TCP_QUICKACK|TCP_KEEPIDLE|" \
        "IP_BIND_ADDRESS_NO_PORT|SO_BINDTODEVICE|EPOLL[A-Z]+|eventfd|dup3|pipe2|accept4|memmem|memrchr|strchrnul|mempcpy|" \
        "ppoll|getrandom|gettid|pthread_setname_np"
    }
    FNR == 1 { depth = FILENAME ~ /h$/ ? -1 : 0 } # a header is inside its include guard
    /^ *# *if/ { depth++ }
    /^ *# *endif/ { depth-- }
    depth <= 0 && (match($0, "(^|[^A-Za-z0-9_])(" names ")([^A-Za-z0-9_]|$)") || /<(linux|sys\/epoll|sys\/eventfd)|\/proc\//) {
      print "unguarded " FILENAME ": " $0
    }' *.c */*.[ch]
  "$nm" -A -g "$@" | sed -nE 's|^.*csio-objects.dir/([^:]*)\.o:.* ([A-Za-z]) _?(csio_[a-z0-9_]+)$|symbol \1 \2 \3|p'
} | awk '
  BEGIN { rank["base"] = 1; rank["loop"] = 2; rank["net"] = 3; rank["http"] = rank["ws"] = 4 }
  function folder(file) { return file ~ "/" ? substr(file, 1, index(file, "/") - 1) : "" }
  function back(from, to) { # true if `to` is not to the left of `from`
    return folder(from) && folder(from) != folder(to) && (!folder(to) || rank[folder(from)] <= rank[folder(to)])
  }
  function fail(text) { print text; failed = 1 }
  $1 == "include" && $3 ~ /^"/ { gsub(/"/, "", $3); if (back($2, $3)) fail($2 " includes " $3) }
  $1 == "include" && $3 ~ /^</ && $2 ~ /^(base|loop)/ {
    if ($3 !~ /^<(csio\/.*|std.*|strings?|inttypes|limits|time)\.h>/ && !($2 ~ /^loop/ && $3 !~ /curl|openssl|websockets/))
      fail($2 " includes " $3)
  }
  $1 == "unguarded" { fail($0) }
  $1 == "symbol" && $3 == "U" { wanted[++wishes] = $2 " " $4 }
  $1 == "symbol" && $3 != "U" { home[$4] = $2 }
  END {
    for (i = 1; i <= wishes; i++) {
      split(wanted[i], wish, " ")
      from = wish[1]; to = home[wish[2]]
      if (!to || to == from) continue
      if (back(from, to)) fail(from " calls " wish[2] " of " to)
      if (!((from, to) in calls)) arrows++
      calls[from, to] = wish[2]; reach[from, to]; file[from]; file[to]
    }
    for (via in file) for (from in file) for (to in file) if (((from, via) in reach) && ((via, to) in reach)) reach[from, to]
    for (arrow in calls) {
      split(arrow, end, SUBSEP)
      if ((end[2], end[1]) in reach) fail("in a circle: " end[1] " calls " calls[arrow] " of " end[2])
    }
    print arrows + 0 " calls from file to file"
    exit failed || arrows < 40
  }' || exit 1
