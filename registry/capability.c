#include "registry/capability.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/accounts.h"
#include "registry/fields.h"

/* ---- Sets ---- */

struct capability_set {
    unsigned refs;
    size_t count;
    struct capability items[]; /* sorted by name first, so that one name is found at once */
};

static int compare_name(const void *a, const void *b)
{
    const struct capability *ca = a;
    const struct capability *cb = b;
    return strcmp(ca->name, cb->name);
}

static int compare_whole(const void *a, const void *b)
{
    const struct capability *ca = a;
    const struct capability *cb = b;
    int order = compare_name(a, b);
    if (!order)
        order = strcmp(ca->channel, cb->channel);
    if (!order)
        order = strcmp(ca->network, cb->network);
    return order ? order : (int)ca->anti - (int)cb->anti;
}

struct capability_set *capability_set_new(const struct capability *items, size_t count)
{
    struct capability_set *set = xmalloc(sizeof *set + count * sizeof *items);
    size_t kept = 0;
    set->refs = 1;
    if (count) {
        memcpy(set->items, items, count * sizeof *items);
        qsort(set->items, count, sizeof *items, compare_whole);
    }
    for (size_t i = 0; i < count; i++)
        if (!kept || compare_whole(&set->items[kept - 1], &set->items[i]))
            set->items[kept++] = set->items[i];
    set->count = kept;
    return set;
}

struct capability_set *capability_set_ref(struct capability_set *set)
{
    if (set)
        set->refs++;
    return set;
}

void capability_set_unref(struct capability_set *set)
{
    if (set && !--set->refs)
        free(set);
}

bool capability_set_equal(const struct capability_set *a, const struct capability_set *b)
{
    size_t count = capability_set_count(a);
    if (count != capability_set_count(b))
        return false;
    for (size_t i = 0; i < count; i++)
        if (compare_whole(&a->items[i], &b->items[i]))
            return false;
    return true;
}

size_t capability_set_count(const struct capability_set *set)
{
    return set ? set->count : 0;
}

const struct capability *capability_set_at(const struct capability_set *set, size_t i)
{
    return &set->items[i];
}

/* The first item of that name, or where it would stand. */
static size_t first_of_name(const struct capability_set *set, const struct capability *c)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_name(&set->items[middle], c) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool same_channel(enum casemapping casemapping, const char *a, const char *b)
{
    return !*a == !*b && irc_equal(casemapping, a, b);
}

int capability_set_says(const struct capability_set *set, const char *network,
                        enum casemapping casemapping, const struct capability *c,
                        const struct capability **item)
{
    const struct capability *network_item = NULL;
    const struct capability *any_item = NULL;
    for (size_t i = set ? first_of_name(set, c) : 0;
         i < capability_set_count(set) && !compare_name(&set->items[i], c); i++) {
        const struct capability *at = &set->items[i];
        const struct capability **found = *at->network ? &network_item : &any_item;
        if (*at->network && strcmp(at->network, network) != 0)
            continue;
        if (same_channel(casemapping, at->channel, c->channel) && (!*found || at->anti))
            *found = at;
    }
    const struct capability *says = network_item ? network_item : any_item;
    if (item)
        *item = says;
    if (!says)
        return 0;
    return says->anti ? -1 : 1;
}

/* ---- The check ---- */

static const struct {
    const char *name;
    const char *sentence;
} steps[CAPABILITY_STEP_COUNT] = {
#define X(name, text, sentence) {text, sentence},
    CAPABILITY_STEP_LIST(X)
#undef X
};

const char *capability_step_name(enum capability_step step)
{
    return steps[step].name;
}

const char *capability_step_sentence(enum capability_step step)
{
    return steps[step].sentence;
}

struct check {
    const struct capability_query *q;
    const struct capability *c;
    const char *network; /* the one that is asked about */
    const struct capability_trace *trace;
    const struct channel_record *channel; /* NULL: nothing is set for it */
};

/* What a step says of the capability, whatever its sign: +1, -1 or 0 for nothing. */
typedef int step_fn(const struct check *check, const struct capability **item);

static bool privileged(const struct check *check)
{
    return capability_privileged(check->c->name) ||
           (check->q->privileged && check->q->privileged(check->q->ctx, check->c->name));
}

static int own_set_says(const struct check *check, const struct capability *c,
                        const struct capability **item)
{
    return capability_set_says(check->q->account->capabilities, check->network,
                               check->q->casemapping, c, item);
}

/* A set that gives things by default gives nothing privileged. */
static int default_says(const struct check *check, const struct capability_set *set,
                        const struct capability *c, const struct capability **item)
{
    int says = capability_set_says(set, check->network, check->q->casemapping, c, item);
    if (says <= 0 || !privileged(check))
        return says;
    *item = NULL;
    return 0;
}

static int step_ignored(const struct check *check, const struct capability **item)
{
    (void)item;
    return check->q->account->ignored ? -1 : 0;
}

static int step_owner_asked(const struct check *check, const struct capability **item)
{
    if (*check->c->channel || strcmp(check->c->name, "owner") != 0)
        return 0;
    return check->q->account && own_set_says(check, check->c, item) > 0 ? 1 : -1;
}

/* Whether the account's own set has that name of the channel ("": globally). */
static int own_set_has(const struct check *check, const char *channel, const char *name,
                       const struct capability **item)
{
    struct capability c = {.network = ""};
    str_copy(c.channel, sizeof c.channel, channel);
    str_copy(c.name, sizeof c.name, name);
    if (own_set_says(check, &c, item) > 0)
        return 1;
    *item = NULL;
    return 0;
}

static int step_owner(const struct check *check, const struct capability **item)
{
    return own_set_has(check, "", "owner", item);
}

static int step_own_set(const struct check *check, const struct capability **item)
{
    return own_set_says(check, check->c, item);
}

static int step_channel_op(const struct check *check, const struct capability **item)
{
    return own_set_has(check, check->c->channel, "op", item);
}

/* The channel's default set stands without the channel's name. */
static int step_channel_set(const struct check *check, const struct capability **item)
{
    struct capability bare = *check->c;
    bare.channel[0] = '\0';
    return check->channel ? default_says(check, check->channel->capabilities, &bare, item) : 0;
}

static int step_privileged(const struct check *check, const struct capability **item)
{
    (void)item;
    return privileged(check) ? -1 : 0;
}

static int step_channel_default(const struct check *check, const struct capability **item)
{
    (void)item;
    return !check->channel || check->channel->default_allow ? 1 : -1;
}

static const struct policy *network_policy(const struct check *check)
{
    return check->q->accounts ? accounts_policy(check->q->accounts, check->network) : NULL;
}

static const struct policy *bot_policy(const struct check *check)
{
    return check->q->accounts ? check->q->accounts->policy : NULL;
}

/* What the network's policy says, or else the bot's. */
static int step_default_set(const struct check *check, const struct capability **item)
{
    const struct policy *network = network_policy(check);
    const struct policy *bot = bot_policy(check);
    int says = network ? default_says(check, network->capabilities, check->c, item) : 0;
    if (!says && bot)
        says = default_says(check, bot->capabilities, check->c, item);
    return says;
}

static int step_registered_set(const struct check *check, const struct capability **item)
{
    const struct policy *network = network_policy(check);
    const struct policy *bot = bot_policy(check);
    int says = network ? default_says(check, network->registered, check->c, item) : 0;
    if (!says && bot)
        says = default_says(check, bot->registered, check->c, item);
    return says;
}

static int step_default(const struct check *check, const struct capability **item)
{
    const struct policy *network = network_policy(check);
    const struct policy *bot = bot_policy(check);
    (void)item;
    if (network && !network->default_allow)
        return -1; /* said, or not readable */
    if (network && network->has_default_allow)
        return 1;
    return !bot || bot->default_allow ? 1 : -1;
}

/* The order of the check. The last step of each kind always says something. */
static const struct {
    enum capability_step step;
    bool account; /* only of a known account */
    enum { FOR_BOTH, FOR_GLOBAL, FOR_CHANNEL } kind;
    step_fn *says;
} order[] = {
    {CAPABILITY_IGNORED, true, FOR_BOTH, step_ignored},
    {CAPABILITY_OWNER_ASKED, false, FOR_GLOBAL, step_owner_asked},
    {CAPABILITY_OWNER, true, FOR_BOTH, step_owner},
    {CAPABILITY_OWN_SET, true, FOR_BOTH, step_own_set},
    {CAPABILITY_CHANNEL_OP, true, FOR_CHANNEL, step_channel_op},
    {CAPABILITY_CHANNEL_SET, false, FOR_CHANNEL, step_channel_set},
    {CAPABILITY_DEFAULT_SET, false, FOR_GLOBAL, step_default_set},
    {CAPABILITY_REGISTERED_SET, true, FOR_GLOBAL, step_registered_set},
    {CAPABILITY_PRIVILEGED, false, FOR_BOTH, step_privileged},
    {CAPABILITY_CHANNEL_DEFAULT, false, FOR_CHANNEL, step_channel_default},
    {CAPABILITY_DEFAULT, false, FOR_GLOBAL, step_default},
};

static const struct channel_record *channel_of(const struct check *check)
{
    char folded[sizeof check->c->channel];
    if (!*check->c->channel || !check->q->accounts)
        return NULL;
    irc_fold_copy(check->q->casemapping, folded, sizeof folded, check->c->channel);
    return accounts_channel(check->q->accounts, check->network, folded);
}

struct capability_answer capability_explain(const struct capability_query *q,
                                            const struct capability *c,
                                            const struct capability_trace *trace)
{
    struct check check = {
        .q = q, .c = c, .network = *c->network ? c->network : q->network, .trace = trace};
    check.channel = channel_of(&check);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct capability *item = NULL;
        if ((order[i].account && !q->account) ||
            (order[i].kind != FOR_BOTH && (order[i].kind == FOR_CHANNEL) != !!*c->channel))
            continue;
        int says = order[i].says(&check, &item);
        if (trace)
            trace->step(trace->arg, order[i].step, says != 0, item);
        if (says)
            return (struct capability_answer){(says > 0) != c->anti, order[i].step, item};
    }
    return (struct capability_answer){false, CAPABILITY_PRIVILEGED, NULL}; /* never reached */
}

struct capability_answer capability_check(const struct capability_query *q,
                                          const struct capability *c)
{
    return capability_explain(q, c, NULL);
}
