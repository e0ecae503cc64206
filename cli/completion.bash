# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Bash completion of nacre. Commands and options are read from the command's own help.

_nacre() {
	local word=${COMP_WORDS[COMP_CWORD]} command=() help option

	COMPREPLY=()
	help=$("${COMP_WORDS[0]}" help 2>/dev/null) || return 0
	for ((i = 1; i < COMP_CWORD && i <= 2; i++)); do
		[[ ${COMP_WORDS[i]} =~ ^[a-z]+$ ]] || break
		grep -Eq "^  ${command[*]:+${command[*]} }${COMP_WORDS[i]}( |$)" <<<"$help" || break
		command+=("${COMP_WORDS[i]}")
	done
	if ((COMP_CWORD <= 2 && COMP_CWORD == ${#command[@]} + 1)); then
		# The next word of the names that begin with the words before it.
		mapfile -t COMPREPLY < <(compgen -W "$(sed -nE \
			"s/^  ${command[*]:+${command[*]} }([a-z]+)( .*|$)/\1/p" <<<"$help")" -- "$word")
	fi
	if [[ $word == -* ]]; then
		option=$("${COMP_WORDS[0]}" help "${command[@]}" 2>/dev/null | grep -Eo -- '--[a-z-]+')
		mapfile -t COMPREPLY < <(compgen -W "$option" -- "$word")
	elif ((${#COMPREPLY[@]} == 0)); then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames 2>/dev/null
	fi
	return 0
}
complete -F _nacre nacre
