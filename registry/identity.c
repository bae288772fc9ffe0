#include "registry/identity.h"

#include <ctype.h>
#include <event2/util.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

void identity_begin(struct identity *identity)
{
    identity->schema[0] = '\0';
    identity->id[0] = '\0';
    identity->accepted[0] = '\0';
}

void identity_read(struct identity *identity, const char *field, const char *value)
{
    if (!strcmp(field, "schema"))
        str_copy(identity->schema, sizeof identity->schema, value);
    else if (!strcmp(field, "id"))
        str_copy(identity->id, sizeof identity->id, value);
    else if (!strcmp(field, "accepted"))
        str_copy(identity->accepted, sizeof identity->accepted, value);
}

/* It is shown as a part of a command that people copy. */
static bool is_word(const char *id)
{
    for (const char *s = id; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
            return false;
    return *id != '\0';
}

enum identity_verdict identity_judge(const struct identity *identity, bool modules, size_t before)
{
    if (!before || (*identity->known && !strcmp(identity->accepted, identity->known)))
        return IDENTITY_SAME;
    if (*identity->known && is_word(identity->id) && strcmp(identity->id, identity->known) != 0)
        return IDENTITY_OTHER;
    if (modules)
        return IDENTITY_SAME;
    if (!*identity->id)
        return *identity->schema ? IDENTITY_SAME : IDENTITY_LOST;
    return before == 1 ? IDENTITY_SAME : IDENTITY_LOST_MODULES;
}

void identity_follow(struct identity *identity)
{
    if (is_word(identity->id))
        str_copy(identity->known, sizeof identity->known, identity->id);
}

void identity_choose(const struct identity *identity, char id[IDENTITY_SIZE])
{
    uint64_t number;
    if (is_word(identity->id)) {
        str_copy(id, IDENTITY_SIZE, identity->id);
    } else if (*identity->known) {
        str_copy(id, IDENTITY_SIZE, identity->known);
    } else {
        evutil_secure_rng_get_bytes(&number, sizeof number);
        snprintf(id, IDENTITY_SIZE, "%0*llx", IDENTITY_ID_LEN, (unsigned long long)number);
    }
}

bool identity_accepted_is_done(const struct identity *identity, bool modules)
{
    return modules && *identity->id && !strcmp(identity->accepted, identity->id);
}
