# shellcheck shell=sh
# What every SSH session on a node runs: gives it the environment and the directory that programs of the node have, and
# starts what the client asked for.
#
#   sh session.sh ENVIRONMENT
#
# ENVIRONMENT           shell text: `export` lines, then a `cd`
# SSH_ORIGINAL_COMMAND  the client's command line, or the path of the sftp server; not set: a shell that reads stdin

. "$1"
case ${SSH_ORIGINAL_COMMAND+set} in
  set)
    command=$SSH_ORIGINAL_COMMAND
    unset SSH_ORIGINAL_COMMAND
    exec /bin/sh -c "$command"
    ;;
  *) exec /bin/sh ;;
esac
