#!/bin/sh
# Tries limits.memory and limits.cpus on a kernel with control groups of version 2 alone,
# in a virtual machine: for machines that run on version 1.
#
#   scripts/cgroup-vm.sh KERNEL.deb    a Debian linux-image package (apt-get download)
#
# Needs qemu-system-x86_64, a static busybox and bin/sandbox. No root, no KVM.
set -eu
deb=${1:?usage: scripts/cgroup-vm.sh KERNEL.deb}
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dpkg -x "$deb" "$work/deb"
root=$work/root
mkdir -p "$root/bin" "$root/usr/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/home/me/project" "$root/run"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$top/bin/sandbox" "$root/usr/bin/sandbox"
find "$work/deb" -name 'overlay.ko*' -exec cp {} "$root/" \;
case $(ls "$root") in *overlay.ko.xz*) xz -d "$root/overlay.ko.xz" ;; esac
printf 'root:x:0:0::/:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n' > "$root/etc/passwd"
printf 'root:x:0:\nme:x:1000:\n' > "$root/etc/group"
printf 'version: 1\nlimits: {memory: 64m, cpus: 0.2}\n' > "$root/home/me/project/.sandbox.yaml"

cat > "$root/init" <<'INIT'
#!/bin/busybox sh
# The root that the kernel unpacks cannot be pivoted away from (pivot_root(2)).
if [ ! -e /moved ]; then
  /bin/busybox mkdir /new; /bin/busybox mount -t tmpfs root /new
  /bin/busybox cp -a /bin /usr /etc /home /init /overlay.ko /new
  for d in proc sys dev tmp run moved; do /bin/busybox mkdir /new/$d; done
  exec /bin/busybox switch_root /new /init
fi
/bin/busybox --install -s /bin
export PATH=/usr/bin:/bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp; chmod 1777 /tmp
insmod /overlay.ko
sysctl -q -w kernel.unprivileged_userns_clone=1 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup
chown -R me:me /home/me
cat > /try <<'TRY'
cd /home/me/project
export HOME=/home/me USER=me
want() { if [ "$2" = "$3" ]; then echo "ok   $1"; else echo "FAIL $1: got $2, want $3"; fi; }
told() { case $2 in *"$3"*) echo "ok   $1";; *) echo "FAIL $1: $2";; esac; }
case $1 in
refused)
  out=$(sandbox run -- echo in 2>&1)
  told "a run without delegation says so" "$out" "limits.memory is not enforced: no control group"
  told "and goes on" "$out" "in"
  ;;
*)
  out=$(sandbox run -- echo in 2>&1)
  want "a run with delegation" "$out" in
  sandbox -v run -- dd if=/dev/zero of=/dev/null bs=40M count=1 2>/dev/null; want "40 MiB of 64" $? 0
  out=$(sandbox -v run -- dd if=/dev/zero of=/dev/null bs=100M count=1 2>&1); want "100 MiB of 64" $? 137
  told "and is told why" "$out" "the kernel has ended 1 of this sandbox's processes"
  want "nothing is left" "$(ls -d /sys/fs/cgroup/me/sandbox-* 2>/dev/null)" ""
  sandbox up 2>/tmp/up-said; told "up" "$(cat /tmp/up-said)" "sandbox"
  case $(cat /tmp/up-said) in *enforced*) echo "FAIL up: $(cat /tmp/up-said)";; esac
  group=$(ls -d /sys/fs/cgroup/me/sandbox-*)
  want "memory" "$(cat $group/memory.max)" 67108864
  want "processor" "$(cat $group/cpu.max)" "20000 100000"
  sandbox exec -- sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done'
  throttled=$(sed -n 's/^nr_throttled //p' $group/cpu.stat)
  [ "$throttled" -gt 0 ] && echo "ok   throttled $throttled times" || echo "FAIL throttled $throttled times"
  out=$(sandbox -v exec -- dd if=/dev/zero of=/dev/null bs=100M count=1 2>&1); want "exec over the limit" $? 137
  told "and is told why" "$out" "more than 64 MiB"
  sandbox doctor | grep 'control groups'
  sandbox down 2>/dev/null; want "down removes the group" "$(ls -d /sys/fs/cgroup/me/sandbox-* 2>/dev/null)" ""
  ;;
esac
TRY
su me -c 'sh /try refused'
mkdir -p /sys/fs/cgroup/me/shell
echo '+memory +cpu' > /sys/fs/cgroup/cgroup.subtree_control
chown me:me /sys/fs/cgroup/me /sys/fs/cgroup/me/cgroup.procs /sys/fs/cgroup/me/cgroup.subtree_control /sys/fs/cgroup/me/shell /sys/fs/cgroup/me/shell/cgroup.procs
sh -c 'echo $$ > /sys/fs/cgroup/me/shell/cgroup.procs; su me -c "sh /try delegated"'
echo END
poweroff -f
INIT
chmod 755 "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) > "$work/initramfs"
timeout 240 qemu-system-x86_64 -machine q35 -cpu max -m 1024 -smp 1 -nographic -no-reboot -net none \
  -kernel "$(ls "$work"/deb/boot/vmlinuz-*)" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1 rdinit=/init" </dev/null |
  tr -d '\r' | tee "$work/said"
grep -q '^END' "$work/said" && ! grep -q '^FAIL' "$work/said"
