#!/bin/sh
# SPDX-License-Identifier: MIT
# net.sh - hosts on this machine for tests: each has its own network,
# processes, host name, home, /tmp and sshd (root only).
#
#   net.sh up N DIR [ISA ...]       hosts h1 to hN and a control side, joined
#                                   by a bridge; REC_ISA of each host (- leaves
#                                   it alone)
#   net.sh run DIR COMMAND ...      on the control side: this machine's files,
#                                   but only their network. DIR/ssh_config and
#                                   DIR/hosts are there
#   net.sh on DIR HOST COMMAND ...  on a host
#   net.sh link DIR HOST down|up    pulls the cable
#   net.sh freeze|thaw DIR HOST     the kernel still accepts connections,
#                                   nothing answers
#   net.sh deny DIR HOST            the key is no longer known there,
#                                   connections are closed
#   net.sh room DIR HOST [KB]       so much is left on the disk (home and
#                                   /tmp); the whole of it again
#   net.sh busy DIR HOST NAME       waits until a process NAME runs there, at
#                                   most 20 s
#   net.sh kill DIR HOST NAME       the same, and kills it with -9
#   net.sh reset DIR                cables, disks, keys, faults (host.sh) and
#                                   homes as in the beginning
#   net.sh down DIR                 ends all of it; may be called twice
#
# Nothing is written outside DIR, and no name is left in the system: a
# namespace lives as long as the process that holds it. Homes are in memory.
# Hosts see neither the checkout, nor DIR, nor each other's files: commands
# have to be shipped. All ends with the process REC_NET_OWNER (the caller of
# `up` by default), or after half an hour.
set -u
self=$(cd "$(dirname "$0")" && pwd)/net.sh
root=$(cd "$(dirname "$0")/../.." && pwd)

die() {
	echo "net.sh: $*" >&2
	exit 1
}

pid_of() {	# pid_of HOST: of its first process
	cat "$dir/$1/init" 2>/dev/null || die "no host $1 in $dir"
}

on() {	# on HOST COMMAND...
	nsenter -a -t "$(pid_of "$1")" -- env HOME=/root sh -c 'cd; shift; exec "$@"' - "$@"
}

processes() {	# processes HOST NAME: their ids there
	on "$1" ps -eo pid=,comm= | awk -v name="$2" '$2 == name { print $1 }'
}

# --- Up

config_sshd() {	# config_sshd ISA: what the host's folder, seen there as /root/.fan, holds
	cat <<-END
		ListenAddress 0.0.0.0
		HostKey /root/.fan/host_key
		AuthorizedKeysFile /root/.fan/authorized_keys
		ForceCommand sh /root/.fan/host.sh /root/.fan
		StrictModes no
		UsePAM no
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PidFile none
		UseDNS no
		MaxStartups 200
		MaxSessions 200
		SetEnv PATH=/usr/bin:/bin$([ "$1" = - ] || echo " REC_ISA=$1")
	END
}

config_ssh() {
	cat <<-END
		Host *
		  User root
		  BatchMode yes
		  IdentityFile $dir/key
		  IdentitiesOnly yes
		  UserKnownHostsFile $dir/known_hosts
		  StrictHostKeyChecking no
		  LogLevel ERROR
		  ConnectTimeout 3
		  ServerAliveInterval 1
		  ServerAliveCountMax 3
		  ControlMaster auto
		  ControlPath $dir/%n.ssh
		  ControlPersist 30
	END
	i=0
	while [ $((i += 1)) -le "$1" ]; do
		printf 'Host h%d\n  HostName 10.99.0.%d\n' "$i" $((i + 1))
	done
}

prepare_host() {	# prepare_host NAME ISA
	mkdir -p "$dir/$1/faults" "$dir/$1/spoil" "$dir/$1/empty" &&
		cp "$dir/host_key" "$(dirname "$self")/host.sh" "$dir/$1" &&
		cp "$dir/key.pub" "$dir/$1/authorized_keys" &&
		config_sshd "$2" >"$dir/$1/sshd_config" &&
		printf '%s:*:19000:0:99999:7:::\n' root sshd >"$dir/$1/shadow"	# sshd lets nobody in whose account is locked
}

# The first process of a host, in its namespaces already: set the house up and
# become sshd.
become_host() {
	mount --make-rprivate / && hostname "$1" || exit 1
	ip link set lo up
	# The folder of this host stays visible as /root/.fan when all that
	# holds it is hidden.
	mount -t tmpfs -o size=256m,mode=700 home /root && mkdir /root/.fan && mount --bind "$dir/$1" /root/.fan || exit 1
	mount --bind /root/.fan/shadow /etc/shadow || exit 1
	mount -t tmpfs -o size=8m run /run && mkdir /run/sshd || exit 1
	mount -t tmpfs -o size=256m,mode=1777 tmp /tmp || exit 1
	for hide in "$root" "$dir" "${BATS_RUN_TMPDIR:-}"; do
		[ -z "$hide" ] || [ ! -d "$hide" ] || mount --bind /root/.fan/empty "$hide" || exit 1
	done
	cd / && exec /usr/sbin/sshd -D -e -f /root/.fan/sshd_config
}

start_host() {	# start_host NAME NUMBER
	unshare -n -u -i -m -p -f --kill-child --mount-proc sh "$self" host "$dir" "$1" </dev/null >"$dir/$1/sshd.log" 2>&1 3>&- 4>&- &
	echo $! >"$dir/$1/pid"
	n=0
	until ps -o pid= --ppid "$(cat "$dir/$1/pid")" | tr -d ' ' >"$dir/$1/init" && [ -s "$dir/$1/init" ]; do
		[ $((n += 1)) -lt 100 ] || die "$1 does not start"
		sleep 0.05
	done
	nsenter -n -t "$ctl" ip link add "v$1" type veth peer name eth0 netns "$(pid_of "$1")" || return 1
	nsenter -n -t "$ctl" ip link set "v$1" master br0 up || return 1
	nsenter -n -t "$(pid_of "$1")" sh -c "ip addr add 10.99.0.$(($2 + 1))/24 dev eth0 && ip link set eth0 up"
}

# The control side: a process that holds its network and looks after the owner.
hold() {
	n=0
	while kill -0 "$1" 2>/dev/null && [ $((n += 1)) -lt 1800 ]; do sleep 1; done
	down
}

up() {	# up N [ISA...]
	[ "$(id -u)" -eq 0 ] || die "needs root"
	for c in unshare nsenter ip /usr/sbin/sshd ssh ssh-keygen rsync; do
		command -v "$c" >/dev/null || die "$c is not installed"
	done
	hosts=$1
	shift
	[ ! -e "$dir/control" ] || die "$dir is up already"
	trap down EXIT
	trap 'exit 1' HUP INT TERM
	rm -f "$dir/key" "$dir/host_key" "$dir/known_hosts" "$dir"/*.ssh
	ssh-keygen -q -t ed25519 -N '' -C test -f "$dir/key" && ssh-keygen -q -t ed25519 -N '' -C test -f "$dir/host_key" || exit 1
	config_ssh "$hosts" >"$dir/ssh_config" || exit 1
	unshare -n sh "$self" hold "$dir" "${REC_NET_OWNER:-$PPID}" </dev/null >"$dir/control.log" 2>&1 3>&- 4>&- &
	ctl=$!
	echo "$ctl" >"$dir/control"
	here=$(readlink /proc/self/ns/net) n=0
	until [ "$(readlink "/proc/$ctl/ns/net")" != "$here" ]; do
		[ $((n += 1)) -lt 100 ] || die "no network namespace"
		sleep 0.05
	done
	nsenter -n -t "$ctl" sh -c 'ip link set lo up && ip link add br0 type bridge && ip addr add 10.99.0.1/24 dev br0 && ip link set br0 up' || exit 1
	i=0
	: >"$dir/hosts"
	while [ $((i += 1)) -le "$hosts" ]; do
		prepare_host "h$i" "${1:--}" && start_host "h$i" "$i" || exit 1
		[ $# -eq 0 ] || shift
		echo "h$i" >>"$dir/hosts"
	done
	i=0
	while [ $((i += 1)) -le "$hosts" ]; do
		reach "h$i" || die "h$i does not answer: $(cat "$dir/h$i/sshd.log")"
	done
	trap - EXIT
}

reach() {	# reach HOST: wait until it answers
	n=0
	until [ "$(timeout 5 nsenter -n -t "$ctl" ssh -F "$dir/ssh_config" -n "$1" hostname 3>&- 4>&- 2>&1)" = "$1" ]; do
		[ $((n += 1)) -lt 50 ] || return 1
		sleep 0.1
	done
}

# --- Down

down() {
	trap - EXIT
	for f in "$dir"/h*/pid; do
		[ -f "$f" ] || continue
		pid=$(cat "$f")
		rm -f "$f"
		! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$dir" || kill -s KILL "$pid"	# and with it all of the host
	done
	[ -f "$dir/control" ] || return 0
	ctl=$(cat "$dir/control")
	rm -f "$dir/control"
	tr '\0' ' ' <"/proc/$ctl/cmdline" 2>/dev/null | grep -qF "$dir" || return 0
	net=$(readlink "/proc/$ctl/ns/net")
	[ "$net" != "$(readlink "/proc/$$/ns/net")" ] || [ "$ctl" = $$ ] || return 0
	for p in /proc/[0-9]*; do	# connections that ssh shares, and whatever else still runs on the control side
		[ "$(readlink "$p/ns/net" 2>/dev/null)" = "$net" ] || continue
		case ${p#/proc/} in "$ctl" | "$$") ;; *) kill -s KILL "${p#/proc/}" 2>/dev/null ;; esac
	done
	[ "$ctl" = $$ ] || kill -s KILL "$ctl" 2>/dev/null
	:
}

# --- Trouble

signal_all() {	# signal_all HOST SIGNAL: every process there, the first one too
	ns=$(readlink "/proc/$(pid_of "$1")/ns/pid" | tr -dc 0-9)
	# shellcheck disable=SC2046
	kill -s "$2" $(ps -eo pid=,pidns= | awk -v ns="$ns" '$2 == ns { print $1 }')
}

deny() {	# deny HOST
	: >"$dir/$1/authorized_keys"
	drop_connections "$1"
}

drop_connections() {	# drop_connections HOST: every sshd but the one that listens
	for p in $(processes "$1" sshd); do
		[ "$p" -eq 1 ] || on "$1" kill -s KILL "$p" 2>/dev/null || :
	done
}

room() {	# room HOST [KB]
	for fs in /root /tmp; do
		size=256m
		[ -z "${2:-}" ] || size=$(($(on "$1" df -k --output=used "$fs" | tail -1) + ($2 > 4 ? $2 : 4)))k	# 0 is no limit
		on "$1" mount -o "remount,size=$size" "$fs" || return 1
	done
}

busy() {	# busy HOST NAME
	n=0
	until [ -n "$(processes "$1" "$2")" ]; do
		[ $((n += 1)) -lt 400 ] || die "$1 runs no $2"
		sleep 0.05
	done
}

kill_named() {	# kill_named HOST NAME
	n=0
	# shellcheck disable=SC2046
	until on "$1" kill -s KILL $(processes "$1" "$2") 2>/dev/null; do
		[ $((n += 1)) -lt 400 ] || die "$1 runs no $2"
		sleep 0.05
	done
}

reset_host() {	# reset_host HOST
	signal_all "$1" CONT
	nsenter -n -t "$ctl" ip link set "v$1" up
	room "$1"
	cp "$dir/key.pub" "$dir/$1/authorized_keys"
	rm -rf "$dir/$1/faults" && mkdir "$dir/$1/faults"
	# shellcheck disable=SC2016
	on "$1" sh -c '[ -d /root/.fan/spoil ] && [ "$(hostname)" = "$1" ] || exit 1	# where else would this be
		for p in $(ps -eo pid=); do case $p in 1 | $$) ;; *) kill -s KILL "$p" 2>/dev/null ;; esac done
		find /root /tmp -xdev -mindepth 1 ! -path "/root/.fan*" -delete' - "$1"
	rm -f "$dir/$1.ssh"
	reach "$1" || die "$1 does not come back"
}

reset() {
	waiting=
	while read -r h; do
		reset_host "$h" </dev/null &
		waiting="$waiting $!"
	done <"$dir/hosts"
	for p in $waiting; do
		wait "$p" || return 1
	done
}

# --- Which

[ $# -ge 2 ] || die "see the beginning of $self"
what=$1
if [ "$what" = up ]; then
	[ $# -ge 3 ] || die "up N DIR [ISA ...]"
	n=$2
	mkdir -p "$3" && dir=$(cd "$3" && pwd) || exit 1
	shift 3
	up "$n" "$@"
	exit
fi
dir=$(cd "$2" 2>/dev/null && pwd) || die "no folder $2"
shift 2
case $what in
down) down ;;
hold) hold "$1" ;;
host) become_host "$1" ;;
*)
	ctl=$(cat "$dir/control" 2>/dev/null) || die "nothing is up in $dir"
	case $what in
	run) exec nsenter -n -t "$ctl" -- "$@" ;;
	on) on "$@" ;;
	link) nsenter -n -t "$ctl" ip link set "v$1" "$2" ;;
	freeze) signal_all "$1" STOP ;;
	thaw) signal_all "$1" CONT ;;
	deny) deny "$1" ;;
	room) room "$@" ;;
	kill) kill_named "$1" "$2" ;;
	busy) busy "$1" "$2" ;;
	reset) reset ;;
	*) die "no command $what" ;;
	esac
	;;
esac
