#compdef vitals
# zsh completion for vitals. Save it as _vitals in a folder of $fpath, or load it
# after compinit with: source <(vitals completion zsh)
# It needs nothing else. What was typed is handed over as it stands, not run.

_vitals() {
    local program=${${(Q)words[1]}/#\~\//$HOME/} line name directive=0
    local -a answer choices space
    (( $+commands[$program] )) || [[ -x $program ]] || program=vitals
    answer=("${(@f)$(command $program __complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null </dev/null)}")
    for line in "${(@)answer}"; do
        case $line in
        :*) directive=${line#:} ;;
        ?*)
            name=${line%%$'\t'*}
            [[ $line == *$'\t'* ]] && line=":${line#*$'\t'}" || line=
            choices+=("${name//:/\\:}$line")
            ;;
        esac
    done
    (( directive & 1 )) && return 1
    (( directive & 2 )) && space=(-S '')
    compset -P '--*='
    if (( $#choices )); then
        _describe -V -t choices choice choices "${(@)space}"
    elif ! (( directive & 4 )); then
        _files
    else
        return 1
    fi
}

if [[ $funcstack[1] == _vitals ]]; then
    _vitals "$@"
elif (( $+functions[compdef] )); then
    compdef _vitals vitals
else
    print -u2 'vitals: the completion is to be loaded after compinit'
fi
