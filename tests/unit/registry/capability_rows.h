#ifndef TESTS_REGISTRY_CAPABILITY_ROWS_H
#define TESTS_REGISTRY_CAPABILITY_ROWS_H

#include <stddef.h>

/*
 * What the documents say of capabilities, as rows. A group is one state of the registry and the
 * questions to it.
 *
 * own: the account's own set, words; NULL: an unknown source.
 * world, words (the network is A unless said, its channel #c):
 *   d:x r:x     the bot's default set, the set for registered users
 *   D:x R:x     the same two of network A
 *   c:x         the default set of #c on A
 *   deny net-deny net-allow chan-deny   default_allow of the bot, of A, of #c
 *   ignored     the account is
 *   off:x       a module declares x default-off
 *   net:B       the source is on network B
 *   ascii       under that casemapping, instead of rfc1459
 * rows:
 *   "CAPABILITY => yes|no STEP"             does the source have it, and what says so
 *   "call MODULE.COMMAND [CHANNEL] => yes|no STEP NAME"   may it call that; NAME decides
 */
#define CAPABILITY_MAX_ROWS 24

struct capability_group {
    const char *section;
    const char *own;
    const char *world;
    const char *rows[CAPABILITY_MAX_ROWS + 1];
};

extern const struct capability_group capability_groups[];
extern const size_t capability_group_count;
extern const struct capability_group command_groups[];
extern const size_t command_group_count;

#endif
