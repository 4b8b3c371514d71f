# Removes a lab once its owner is gone: waits for the end of standard input,
# then ends what runs in the namespaces named PREFIX-*, and removes them, their
# control groups and DIR. Arguments: PREFIX DIR.
trap '' INT TERM HUP
while read -r _; do :; done
for ns in /run/netns/"$1"-*; do
	[ -e "$ns" ] || continue
	pids=$(ip netns pids "${ns##*/}")
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null
	ip netns del "${ns##*/}"
done
tries=100
for group in /sys/fs/cgroup/"$1"-* /sys/fs/cgroup/systemd/"$1"-* /sys/fs/cgroup/unified/"$1"-*; do
	[ -d "$group" ] || continue
	until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do
		[ $((tries -= 1)) -gt 0 ] || break
		sleep 0.05
	done
done
for dir in /run/systemd/nspawn/propagate/"$1"-*; do
	[ ! -d "$dir" ] || rmdir "$dir"
done
case $2 in */plexor-lab-*) rm -rf "$2" ;; esac
