#include "registry/migrate.h"

#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

/* What changes after schema i + 1. */
static const char *const steps[REGISTRY_SCHEMA - 1] = {
    "auth_group, capability, the rate_ limits, whitelist, blacklist and ignores count from now on, "
    "also where they were written before",
    "accounts, policies, authorization profiles and what is set of channels count from now on; "
    "auth_group and capability let in whom these name, and not nobody any more",
};

const char migrate_stamp_script[] =
    "for field, i in pairs({schema = 1, id = 3}) do\n"
    "  if (redis.call('HGET', KEYS[1], field) or '') == ARGV[i] and ARGV[i] ~= ARGV[i + 1] then\n"
    "    redis.call('HSET', KEYS[1], field, ARGV[i + 1])\n"
    "  end\n"
    "end\n"
    "local id = redis.call('HGET', KEYS[1], 'id')\n"
    "if ARGV[5] == 'done' and redis.call('HGET', KEYS[1], 'accepted') == id then\n"
    "  redis.call('HDEL', KEYS[1], 'accepted')\n"
    "end\n"
    "return id\n";

enum migrate_verdict migrate_judge(const char *schema, int *number, char *why, size_t why_size)
{
    int64_t value;
    if (str_parse_int(schema, 1, INT32_MAX, &value)) {
        snprintf(why, why_size,
                 "the registry's schema is \"%.40s\", which is no schema: it was %d when this "
                 "server was made",
                 schema, REGISTRY_SCHEMA);
        return MIGRATE_REFUSE;
    }
    if (value > REGISTRY_SCHEMA) {
        snprintf(why, why_size,
                 "the registry has schema \"%.40s\", and this server understands up to %d: use a "
                 "newer seshet, or another prefix or database",
                 schema, REGISTRY_SCHEMA);
        return MIGRATE_REFUSE;
    }
    *number = (int)value;
    return value == REGISTRY_SCHEMA ? MIGRATE_CURRENT : MIGRATE_OLDER;
}

const char *migrate_step(int number)
{
    return number >= 1 && number < REGISTRY_SCHEMA ? steps[number - 1] : NULL;
}
