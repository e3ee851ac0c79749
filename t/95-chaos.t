#!/usr/bin/perl

# A short night of chaos: two nginx nodes, three agents and Redis are killed,
# put to sleep, reloaded, restarted and cut off while clients ask; nothing
# accepted is lost, nothing is done twice, nothing is left behind.  The long
# form is `make chaos`.  CHAOS_SEED replays one.

use strict;
use warnings;

use Mitzu::Chaos;
use Mitzu::Test;
use Test::More;

Mitzu::Chaos->new(
    runs => $ENV{CHAOS_RUNS} || 150,
    clients => $ENV{CHAOS_CLIENTS} || 12,
    seed => $ENV{CHAOS_SEED},
    limit => $ENV{CHAOS_LIMIT},
)->play;

finish();
