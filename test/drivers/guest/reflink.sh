# The program of the test on each of three file systems, on a disk of memory: two that can share blocks, and one that cannot.
set -e
modprobe -d /mnt/modules zram
mkdir -p /mnt/volumes
export DIRECTORY=/mnt/volumes
for FILESYSTEM in btrfs xfs ext4; do
  echo 1 > /sys/block/zram0/reset
  echo 1G > /sys/block/zram0/disksize
  "mkfs.$FILESYSTEM" -q /dev/zram0
  mount -t "$FILESYSTEM" /dev/zram0 /mnt/volumes
  FILESYSTEM=$FILESYSTEM "$NODE" "$PROGRAM" >> /mnt/shared/said
  umount /mnt/volumes
done
