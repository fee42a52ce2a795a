# bash completion for vitals. Load it with: source <(vitals completion bash)
# It needs nothing else. What was typed is handed over as it stands, not run.

_vitals() {
    COMPREPLY=()
    # Behind < and > stands a file, which bash completes itself.
    if ((COMP_CWORD > 0)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} =~ ^[0-9\&]*[\<\>]+\|?$ ]]; then
        return
    fi

    # bash cuts words at = and : as well; here they are as they were typed, up to
    # the cursor.
    local rest=${COMP_LINE:0:COMP_POINT} word part i n=-1
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${rest#"${rest%%[![:space:]]*}"}
        part=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            part=$word
        fi
        if ((i == 0)) || [[ $word != "$rest" ]] || [[ -z $word ]]; then
            words[++n]=$part
        else
            words[n]+=$part
        fi
        rest=${word#"$part"}
    done

    local program=${words[0]/#\~\//$HOME/}
    type -P "$program" >/dev/null || program=vitals
    local line directive=0 width=0
    local -a names=() descriptions=()
    while IFS= read -r line; do
        case $line in
        :*) directive=${line#:} ;;
        *)
            names+=("${line%%$'\t'*}")
            word=
            [[ $line == *$'\t'* ]] && word=${line#*$'\t'}
            descriptions+=("$word")
            ;;
        esac
    done < <(command "$program" __complete "${words[@]:1}" 2>/dev/null </dev/null)

    ((directive & 2)) && compopt -o nospace 2>/dev/null
    ((directive & 4)) && compopt +o default 2>/dev/null
    # An answer takes the place of the whole word, or of what follows the = of a
    # flag; bash replaces only what follows its last cut.
    local whole=${words[n]} kept='' cut=0
    if [[ $whole == --*=* ]]; then
        kept=${whole%%=*}=
    fi
    cut=$((${#whole} - ${#part}))
    for ((i = 0; i < ${#names[@]}; i++)); do
        ((${#names[i]} > width)) && width=${#names[i]}
    done
    for ((i = 0; i < ${#names[@]}; i++)); do
        line=$kept${names[i]}
        line=${line:cut}
        # In a list, where nothing is put in, each has its description.
        if [[ $COMP_TYPE == 63 && ${#names[@]} -gt 1 && -n ${descriptions[i]} ]]; then
            printf -v line '%s%*s  (%s)' "$line" $((width - ${#names[i]})) '' "${descriptions[i]}"
            line=${line:0:${COLUMNS:-80} - 1}
        fi
        COMPREPLY+=("$line")
    done
}

complete -o default -F _vitals vitals
