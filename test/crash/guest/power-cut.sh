# Looks at what the last power cut left on the disk, then stores until the next one.
# What is written below /mnt/shared is with the test at once: it is the machine's own file system.
set -e
mount -t ext4 /dev/ubdb /mnt/disk
mkdir -p /mnt/disk/folder
"$NODE" "$EXAMINE" /mnt/disk/folder/cl.sqlite > /mnt/shared/examined.part
mv /mnt/shared/examined.part /mnt/shared/examined
[ -z "$OPTIONS" ] || "$NODE" "$STORE" /mnt/disk/folder/cl.sqlite "$OPTIONS" > /mnt/shared/said
