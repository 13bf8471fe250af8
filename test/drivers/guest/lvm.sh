# A volume group, what exports volumes, and what attaches them; then the program of the test. The disk is memory
# that keeps zeros for nothing (zram): copying a volume of 1 GiB takes less than a second.
# There is no udev in the guest: LVM makes the device nodes itself.
set -e
for module in dm-snapshot dm-thin-pool zram $EXPORTS; do modprobe -d /mnt/modules "$module"; done
echo 12G > /sys/block/zram0/disksize
mkdir -p /mnt/lvm /run/lvm /run/lock/lvm /run/disks
cp -a /dev/zram0 /run/disks
# Little to look through, and no memory to lock: a command takes half the time.
cat > /mnt/lvm/lvm.conf << 'END'
devices { types=["zram", 1] use_devicesfile=0 scan=["/run/disks"] filter=["a|^/run/disks/.*|", "r|.*|"] }
activation { udev_sync=0 udev_rules=0 monitoring=0 use_mlockall=0 reserved_memory=0 reserved_stack=64 }
backup { backup=0 archive=0 }
global { use_lvmpolld=0 }
END
export LVM_SYSTEM_DIR=/mnt/lvm DM_DISABLE_UDEV=1 TMPDIR=/mnt
ip link set lo up
if [ -n "$EXPORTS" ]; then
  mkdir -p /run/tgtd /run/iscsi /mnt/iscsi
  mount -t configfs none /sys/kernel/config
  cp -r /etc/iscsi/iscsid.conf /mnt/iscsi/
  echo 'InitiatorName=iqn.1994-05.org.example:guest' > /mnt/iscsi/initiatorname.iscsi
  mount --bind /mnt/iscsi /etc/iscsi
  iscsid -f > /mnt/shared/iscsid 2>&1 &
fi
tgtd -f > /mnt/shared/tgtd 2>&1 &
pvcreate -q /run/disks/zram0
vgcreate -q cinder-volumes /run/disks/zram0
"$NODE" "$PROGRAM" > /mnt/shared/said
