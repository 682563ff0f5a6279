#!/bin/sh
# The servers share the machine with all pages of a test; a page never waits for another one's page elsewhere. Linux shares
# processors between sessions before it does between threads: the one of the browser comes after that of the servers.
if [ "$(cut -d ' ' -f 6 "/proc/$$/stat" 2>/dev/null)" = "$$" ]; then
  { echo 19 > "/proc/$$/autogroup"; } 2>/dev/null
fi
# As root, Chromium gives its own threads a higher priority than the servers that share the machine with it; started by
# an ordinary user it may not. This takes the right to do so away from it, where there is one to take.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  exec setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice "$CHROMIUM_BIN" "$@"
fi
exec "$CHROMIUM_BIN" "$@"
