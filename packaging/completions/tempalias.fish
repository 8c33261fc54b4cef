# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tempalias_global_optspecs
    string join \n h/help V/version
end

function __fish_tempalias_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_tempalias_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_tempalias_using_subcommand
    set -l cmd (__fish_tempalias_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c tempalias -n "__fish_tempalias_needs_command" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_needs_command" -s V -l version -d 'Print version'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "serve" -d 'Run the daemon in the foreground'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "check" -d 'Report every fault of the configuration, with its line and what to do'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "doctor" -d 'Check configuration, ports, DNS, smarthost and store, and say how to fix what is wrong'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "status" -d 'Show processes, their sandbox, and the counters since the start'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "revoke" -d 'Revoke one alias at once'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "forget" -d 'Revoke every alias of a real address, and every token for it'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "demo" -d 'Try it out: needs no root, no configuration and no mail server, and leaves nothing behind'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "role" -d 'One of the daemon\'s processes, started by the monitor'
complete -c tempalias -n "__fish_tempalias_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tempalias -n "__fish_tempalias_using_subcommand serve" -l config -d 'The configuration file' -r -F
complete -c tempalias -n "__fish_tempalias_using_subcommand serve" -l log -d 'How much is logged; debug also names aliases' -r -f -a "warnings\t''
normal\t''
debug\t''"
complete -c tempalias -n "__fish_tempalias_using_subcommand serve" -l sandbox -d 'What happens if a process makes a system call that it has not promised' -r -f -a "kill\t'The kernel kills it'
report\t'The call fails and is named on stderr: for whoever ports tempalias to another system'"
complete -c tempalias -n "__fish_tempalias_using_subcommand serve" -l probe -d 'ROLE:ACTION, what a process is to try in its sandbox' -r
complete -c tempalias -n "__fish_tempalias_using_subcommand serve" -l attended -d 'End when the program ends that has started this one'
complete -c tempalias -n "__fish_tempalias_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tempalias -n "__fish_tempalias_using_subcommand check" -l config -d 'The configuration file' -r -F
complete -c tempalias -n "__fish_tempalias_using_subcommand check" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand doctor" -l config -d 'The configuration file, which tells where the daemon can be reached' -r -F
complete -c tempalias -n "__fish_tempalias_using_subcommand doctor" -l json -d 'Print JSON, for programs'
complete -c tempalias -n "__fish_tempalias_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand status" -l config -d 'The configuration file, which tells where the daemon can be reached' -r -F
complete -c tempalias -n "__fish_tempalias_using_subcommand status" -l json -d 'Print JSON, for programs'
complete -c tempalias -n "__fish_tempalias_using_subcommand status" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand revoke" -l config -d 'The configuration file, which tells where the daemon can be reached' -r -F
complete -c tempalias -n "__fish_tempalias_using_subcommand revoke" -l json -d 'Print JSON, for programs'
complete -c tempalias -n "__fish_tempalias_using_subcommand revoke" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand forget" -l config -d 'The configuration file, which tells where the daemon can be reached' -r -F
complete -c tempalias -n "__fish_tempalias_using_subcommand forget" -l forever -d 'Refuse the address from now on: create no new aliases for it'
complete -c tempalias -n "__fish_tempalias_using_subcommand forget" -l json -d 'Print JSON, for programs'
complete -c tempalias -n "__fish_tempalias_using_subcommand forget" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand demo" -l smtp-port -d 'Port of 127.0.0.1 that accepts mail; by default 2525 or the next one that is free' -r
complete -c tempalias -n "__fish_tempalias_using_subcommand demo" -l web-port -d 'Port of 127.0.0.1 that serves the site; by default 8080 or the next one that is free' -r
complete -c tempalias -n "__fish_tempalias_using_subcommand demo" -l confirm -d 'Have the real address confirm each alias by a link in an e-mail'
complete -c tempalias -n "__fish_tempalias_using_subcommand demo" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand role" -s h -l help -d 'Print help'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "serve" -d 'Run the daemon in the foreground'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "check" -d 'Report every fault of the configuration, with its line and what to do'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "doctor" -d 'Check configuration, ports, DNS, smarthost and store, and say how to fix what is wrong'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "status" -d 'Show processes, their sandbox, and the counters since the start'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "revoke" -d 'Revoke one alias at once'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "forget" -d 'Revoke every alias of a real address, and every token for it'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "demo" -d 'Try it out: needs no root, no configuration and no mail server, and leaves nothing behind'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "role" -d 'One of the daemon\'s processes, started by the monitor'
complete -c tempalias -n "__fish_tempalias_using_subcommand help; and not __fish_seen_subcommand_from serve check doctor status revoke forget demo role help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
