# fish completion for vitals. Load it with: vitals completion fish | source
# It needs nothing else. What was typed is handed over as it stands, not run.

function __vitals_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' $HOME/ -- $words[1])
    command -q -- $program; or set program vitals
    set -l answer (command $program __complete $words[2..-1] "$current" 2>/dev/null </dev/null)
    set -l directive (string replace -rf '^:' '' -- $answer[-1])
    or return
    # An answer takes the place of what follows the = of a flag.
    set -l kept (string match -r -- '^--[^=]+=' $current)
    if test (count $answer) -gt 1
        for line in $answer[1..-2]
            echo "$kept$line"
        end
    else if test (math "bitand($directive, 4)") -eq 0
        # As the shell completes the file of a command that it does not know, so that
        # ~ and variables are understood; it runs nothing for that.
        for path in (complete -C "'' "(string replace -- "$kept" '' $current))
            echo "$kept$path"
        end
    end
end

complete -c vitals -e
complete -c vitals -k -f -a '(__vitals_complete)'
