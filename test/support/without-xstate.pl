# Starts a program for which ptrace has no NT_X86_XSTATE, the set of all of a processor's registers.
#
# User-Mode Linux 6.1 keeps this set in a buffer that is too small for processors with AMX, and cannot start a program
# there. Without the set it uses the older one, which ends with SSE, on every processor.
use strict;
use warnings;

# Numbers of Linux on x86-64.
my ($PTRACE, $PRCTL, $SECCOMP) = (101, 157, 317);
my ($GETREGSET, $NT_X86_XSTATE, $EIO) = (0x4204, 0x202, 5);
my ($PR_SET_NO_NEW_PRIVS, $SET_MODE_FILTER) = (38, 1);
my ($LOAD, $SKIP_UNLESS, $RETURN) = (0x20, 0x15, 0x06);
my ($ALLOW, $FAIL_WITH) = (0x7fff0000, 0x00050000);

# BPF over `struct seccomp_data`: the number of the call at 0, its arguments from 16 on, eight bytes each.
my $filter = join '', map { pack 'SCCL', @$_ } (
    [$LOAD, 0, 0, 0],
    [$SKIP_UNLESS, 0, 5, $PTRACE],
    [$LOAD, 0, 0, 16],
    [$SKIP_UNLESS, 0, 3, $GETREGSET],
    [$LOAD, 0, 0, 16 + 2 * 8],
    [$SKIP_UNLESS, 0, 1, $NT_X86_XSTATE],
    [$RETURN, 0, 0, $FAIL_WITH | $EIO],
    [$RETURN, 0, 0, $ALLOW],
);
my $program = pack 'S x6 P', length($filter) / 8, $filter;

syscall($PRCTL, $PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 or die "prctl: $!\n";
syscall($SECCOMP, $SET_MODE_FILTER, 0, $program) == 0 or die "seccomp: $!\n";
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
