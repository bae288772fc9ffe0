#ifndef REGISTRY_MIGRATE_H
#define REGISTRY_MIGRATE_H

#include <stddef.h>

/*
 * The schema of the registry, `schema` in seshet:meta, and what becomes of an older one.
 *
 *   1  enabled description usage cmd_prefix event_types group inherit;
 *      echannels dchannels enicks dnicks
 *   2  besides: name auth_group capability rate_user rate_channel rate_network rate_group;
 *      whitelist blacklist; ignores
 *   3  besides: users, policy, auth_groups, channels of networks and all that is under these
 *
 * A number rises when a server of the number before would do wrong with what people may write now.
 * So it was with 2: a server that knows 1 takes `blacklist`, `capability` and the limits for
 * misspelled fields and lets everybody through. Servers refuse a newer schema, so 2 keeps those
 * away. What a registry of schema 1 holds means the same in 2. And so it is with 3: a server that
 * knows 2 heeds no anticapability, and nobody who is ignored by account, policy or channel. What a
 * registry of schema 2 holds means the same in 3, but for auth_group and capability, which kept
 * everybody out in 2.
 */
#define REGISTRY_SCHEMA 3

enum migrate_verdict {
    MIGRATE_CURRENT,
    MIGRATE_OLDER, /* read as it is; to be stamped */
    MIGRATE_REFUSE /* newer, or no number: nothing may be read or written */
};

/* schema: as it stands in Redis. number: of MIGRATE_OLDER. why: for MIGRATE_REFUSE, a sentence. */
enum migrate_verdict migrate_judge(const char *schema, int *number, char *why, size_t why_size);

/* What changes with the step from this schema to the next one, for the log; NULL for
 * REGISTRY_SCHEMA and what is not known. */
const char *migrate_step(int number);

/*
 * For EVAL. KEYS: meta. ARGV: the schema that was read ("" for none), REGISTRY_SCHEMA, the id that
 * was read, the one to be written (identity.h), and "done" when what was accepted is done with.
 * Writes the new where the old still stands, so that servers which do this at once, and a newer
 * server among them, do not undo each other's. Returns the id that stands then.
 */
extern const char migrate_stamp_script[];

#endif
