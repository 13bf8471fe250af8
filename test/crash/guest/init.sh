#!/bin/sh
# The first program of a guest. Its root is the root of the machine, mounted read-only; $DIR of the kernel's
# command line is the one folder that it shares with the test: `environment` is read, `log` and `code` are written.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/mnt
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
for word in $(cat /proc/cmdline); do
  case $word in DIR=*) DIR=${word#DIR=} ;; esac
done
mkdir -p /mnt/shared /mnt/disk /mnt/modules/lib
mount -t hostfs none /mnt/shared -o "$DIR"
ln -s /usr/lib/uml/modules /mnt/modules/lib/modules
modprobe -d /mnt/modules ext4
. /mnt/shared/environment
sh "$SCRIPT" > /mnt/shared/log 2>&1
echo $? > /mnt/shared/code
umount /mnt/disk 2> /dev/null
sync
echo o > /proc/sysrq-trigger # halts the guest
sleep 5
