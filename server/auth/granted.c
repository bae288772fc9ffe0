#include "server/auth/granted.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/auth/internal.h"

#define SLOTS    8 /* of one network; a power of two */
#define KEY_SIZE 112

/* Module, command and channel, each with its NUL; longer ones are asked each time. */
struct key {
    const struct account *account;
    uint32_t len;
    char text[KEY_SIZE];
};

struct granted {
    uint64_t snapshots; /* of struct auth: the address of one may be that of an earlier one */
    enum casemapping casemapping;
    uint32_t catalogue;
    struct key slots[SLOTS]; /* by hash; len 0: none */
};

void granted_free(struct granted *g)
{
    free(g);
}

static bool add(struct key *key, const char *part)
{
    size_t size = strlen(part) + 1;
    if (size > KEY_SIZE - key->len)
        return false;
    memcpy(key->text + key->len, part, size);
    key->len += (uint32_t)size;
    return true;
}

static struct key *slot_of(struct granted *g, const struct key *key)
{
    uint32_t hash = (uint32_t)((uintptr_t)key->account >> 4);
    for (uint32_t i = 0; i < key->len; i++)
        hash = hash * 31 + (unsigned char)key->text[i];
    return &g->slots[(hash ^ hash >> 16) % SLOTS];
}

static bool is_same(const struct key *a, const struct key *b)
{
    return a->account == b->account && a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* What the network's answers are remembered in, empty if anything changed that they depend on. */
static struct granted *fresh(struct network *n)
{
    struct auth *a = n->auth;
    struct granted *g = a->granted;
    if (!g)
        g = a->granted = xcalloc(1, sizeof *g);
    if (g->snapshots == a->snapshots && g->casemapping == a->casemapping &&
        g->catalogue == n->server->catalogue)
        return g;
    *g = (struct granted){.snapshots = a->snapshots,
                          .casemapping = a->casemapping,
                          .catalogue = n->server->catalogue};
    return g;
}

struct capability_command_answer granted_may_call(struct network *n, const struct account *account,
                                                  const char *module, const char *command,
                                                  const char *channel)
{
    struct key key = {.account = account};
    struct key *slot = NULL;
    const struct capability_query query = auth_query(n, account);
    if (add(&key, module) && add(&key, command) && add(&key, channel ? channel : "")) {
        slot = slot_of(fresh(n), &key);
        if (is_same(slot, &key))
            return (struct capability_command_answer){.allowed = true};
    }
    struct capability_command_answer answer =
        capability_check_command(&query, module, command, channel);
    if (slot && answer.allowed)
        *slot = key;
    return answer;
}
