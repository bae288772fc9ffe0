#include "registry/account_overlap.h"

#include <string.h>

#include "registry/account_shard.h"
#include "registry/glob.h"
#include "registry/globset.h"

/* A part of a glob, folded, with its wildcards as glob.h has them. */
struct part {
    size_t len;
    const char *text;
};

/* Nick, user and host by themselves: no source has a '!' or '@' within one of them, so a star does
 * not reach into the next. */
enum { NICK, USER, HOST, PARTS };
struct compiled {
    struct part parts[PARTS];
    char text[GLOB_MAX + 1];
};

static size_t length_to(const char *text, size_t len, char end)
{
    const char *found = memchr(text, end, len);
    return found ? (size_t)(found - text) : len;
}

static void compile(struct compiled *c, const char *glob)
{
    char cut[GLOB_MAX + 1];
    strncpy(cut, glob, GLOB_MAX);
    cut[GLOB_MAX] = '\0';
    size_t len = glob_compile(CASEMAPPING_RFC1459, cut, c->text);
    const char *at = c->text;
    for (int i = 0; i < PARTS; i++) {
        size_t part = i == HOST ? len : length_to(at, len, i == NICK ? '!' : '@');
        c->parts[i] = (struct part){part, at};
        at += part + (part < len);
        len -= part + (part < len);
    }
}

static bool same_byte(char a, char b)
{
    return a == b || a == GLOB_ANY || b == GLOB_ANY;
}

/* Most pairs differ before their first star, or behind their last one. */
static bool ends_differ(const struct part *a, const struct part *b)
{
    for (size_t i = 0; i < a->len && i < b->len; i++) {
        if (a->text[i] == GLOB_STAR || b->text[i] == GLOB_STAR)
            break;
        if (!same_byte(a->text[i], b->text[i]))
            return true;
    }
    for (size_t i = 1; i <= a->len && i <= b->len; i++) {
        char x = a->text[a->len - i];
        char y = b->text[b->len - i];
        if (x == GLOB_STAR || y == GLOB_STAR)
            break;
        if (!same_byte(x, y))
            return true;
    }
    return false;
}

/* reach[j]: whether what is before i in a and before j in b can match a common text. */
static bool parts_overlap(const struct part *a, const struct part *b)
{
    bool rows[2][GLOB_MAX + 2] = {{false}};
    if (ends_differ(a, b))
        return false;
    for (size_t i = 0; i <= a->len; i++) {
        const bool *before = rows[(i + 1) & 1];
        bool *reach = rows[i & 1];
        for (size_t j = 0; j <= b->len; j++) {
            bool star_a = i && a->text[i - 1] == GLOB_STAR;
            bool star_b = j && b->text[j - 1] == GLOB_STAR;
            bool both = i && j && !star_a && !star_b && same_byte(a->text[i - 1], b->text[j - 1]);
            reach[j] = (!i && !j) || (both && before[j - 1]) ||
                       (star_a && (before[j] || (j && reach[j - 1]))) ||
                       (star_b && (reach[j - 1] || (i && before[j])));
        }
    }
    return rows[a->len & 1][b->len];
}

static bool overlap(const struct compiled *a, const struct compiled *b)
{
    for (int i = PARTS; i-- > 0;) /* hosts differ most */
        if (!parts_overlap(&a->parts[i], &b->parts[i]))
            return false;
    return true;
}

bool mask_overlap(const char *a, const char *b)
{
    struct compiled x;
    struct compiled y;
    compile(&x, a);
    compile(&y, b);
    return overlap(&x, &y);
}

/* Whether items for these networks can hold on one of them; "" is all. */
static bool networks_meet(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return !a_len || !b_len || (a_len == b_len && !memcmp(a, b, a_len));
}

/* Whether what is behind their last wildcards differs: so it is with nearly all of 100,000, and
 * costs next to nothing. */
static bool tails_differ(const char *a, size_t a_len, const char *b, size_t b_len)
{
    while (a_len && b_len) {
        char x = irc_fold_char(CASEMAPPING_RFC1459, a[--a_len]);
        char y = irc_fold_char(CASEMAPPING_RFC1459, b[--b_len]);
        if (strchr("*?|", x) || strchr("*?|", y)) /* '|' is '\\', folded */
            return false;
        if (x != y)
            return true;
    }
    return false;
}

static bool hostmask_in(const struct item_list *list, const char *item,
                        const struct compiled *wanted, size_t network_len)
{
    size_t item_len = strlen(item);
    for (size_t i = 0; list && i < list->count; i++) {
        const char *mask;
        size_t len;
        struct compiled other;
        list_item_split(list->items[i], &mask, &len);
        if (!networks_meet(item, network_len, list->items[i], len) ||
            tails_differ(item, item_len, list->items[i], strlen(list->items[i])))
            continue;
        compile(&other, mask);
        if (overlap(wanted, &other))
            return true;
    }
    return false;
}

static bool services_in(const struct item_list *list, const char *item)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const char *slash = strchr(list->items[i], '/');
        size_t len = (size_t)(slash - list->items[i]) + 1;
        if (!strncmp(list->items[i], item, len) &&
            irc_equal(CASEMAPPING_RFC1459, slash + 1, item + len))
            return true;
    }
    return false;
}

const struct account *account_overlap_hostmask(const struct accounts *a, const char *name,
                                               const char *item)
{
    const char *mask;
    size_t network_len;
    struct compiled wanted;
    list_item_split(item, &mask, &network_len);
    compile(&wanted, mask);
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
        for (size_t j = 0; a->shards[i] && j < a->shards[i]->count; j++) {
            const struct account *other = a->shards[i]->users[j];
            if (strcmp(other->name, name) != 0 &&
                hostmask_in(other->hostmasks, item, &wanted, network_len))
                return other;
        }
    return NULL;
}

const struct account *account_overlap_services(const struct accounts *a, const char *name,
                                               const char *item)
{
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
        for (size_t j = 0; a->shards[i] && j < a->shards[i]->count; j++) {
            const struct account *other = a->shards[i]->users[j];
            if (strcmp(other->name, name) != 0 && services_in(other->services, item))
                return other;
        }
    return NULL;
}
