#include "registry/globset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/glob.h"

#define GRAM        4 /* bytes of the longest piece out of the middle; the shortest has two */
#define SKETCH_BITS 16
#define SKETCH_SIZE (1u << SKETCH_BITS)

enum kind { BY_TEXT, BY_HOST, BY_GRAM2, BY_GRAM3, BY_GRAM4, LOOSE };

struct glob {
    uint32_t key; /* hash of the piece it is found by; of kind LOOSE none */
    uint32_t number;
    uint32_t start; /* in the pool */
    uint16_t len;
    uint16_t least; /* bytes that a text must have */
};

/* What a text must have, roughly: one bit for each byte, and for each two in a row. */
struct needs {
    uint64_t bytes;
    uint64_t pairs;
};

/* Globs of one kind, those of one bucket side by side: bucket b's begin at starts[b]. */
struct table {
    size_t count;
    unsigned shift; /* of a hash, to its bucket */
    uint32_t *starts;
    struct glob *globs;
};

struct globset {
    char *pool; /* compiled globs */
    size_t pool_len;
    struct table tables[LOOSE];
    size_t nloose;
    struct glob *loose;
    struct needs *needs; /* of the loose ones */
};

/* ---- Hashes ---- */

static uint32_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h >> 32);
}

static uint32_t hash_bytes(const char *s, size_t len)
{
    uint64_t h = len;
    uint64_t word;
    for (; len >= sizeof word; s += sizeof word, len -= sizeof word) {
        memcpy(&word, s, sizeof word);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    word = 0;
    memcpy(&word, s, len);
    return mix((h ^ word) * UINT64_C(0xbf58476d1ce4e5b9));
}

static uint32_t hash_gram(const char *s, size_t len)
{
    uint32_t gram = (uint32_t)len;
    if (len == GRAM)
        memcpy(&gram, s, GRAM);
    else
        memcpy((char *)&gram + 1, s, len);
    return mix(gram);
}

static uint64_t byte_bit(char c)
{
    return UINT64_C(1) << ((unsigned char)c & 63);
}

static uint64_t pair_bit(const char *s)
{
    return UINT64_C(1) << (((unsigned char)s[0] * 37u + (unsigned char)s[1] * 5u) & 63);
}

/* What follows the last '@', or NULL. */
static const char *host_of(const char *text, size_t len)
{
    const char *at = memrchr(text, '@', len);
    return at ? at + 1 : NULL;
}

/* ---- Choosing the piece ---- */

static bool is_wild(char c)
{
    return c == GLOB_STAR || c == GLOB_ANY;
}

static bool has_wild(const char *s, size_t len)
{
    return memchr(s, GLOB_STAR, len) || memchr(s, GLOB_ANY, len);
}

/* The host of a glob whose end is bound to it, or NULL. */
static const char *fixed_host(const char *glob, size_t len)
{
    const char *host = host_of(glob, len);
    return host && host < glob + len && !has_wild(host, (size_t)(glob + len - host)) ? host : NULL;
}

/* The next so many fixed bytes at or behind *at, which goes on behind their first; or NULL. */
static const char *next_gram(const char *glob, size_t len, size_t gram, size_t *at)
{
    size_t fixed = 0;
    for (size_t i = *at; i < len; i++) {
        fixed = is_wild(glob[i]) ? 0 : fixed + 1;
        if (fixed == gram) {
            *at = i - gram + 2;
            return glob + i - gram + 1;
        }
    }
    return NULL;
}

/* How many globs have a piece, about: pieces of one hash count together. */
struct sketch {
    uint16_t counts[SKETCH_SIZE];
};

static uint16_t *sketch_count(struct sketch *sketch, uint32_t hash)
{
    return &sketch->counts[hash >> (32 - SKETCH_BITS)];
}

static void sketch_add(struct sketch *sketch, uint32_t hash)
{
    uint16_t *count = sketch_count(sketch, hash);
    if (*count < UINT16_MAX)
        ++*count;
}

static void sketch_add_glob(struct sketch *sketch, const char *glob, size_t len)
{
    const char *piece = fixed_host(glob, len);
    if (piece)
        sketch_add(sketch, ~hash_bytes(piece, (size_t)(glob + len - piece)));
    for (size_t gram = 2, at = 0; gram <= GRAM; gram++, at = 0)
        while ((piece = next_gram(glob, len, gram, &at)))
            sketch_add(sketch, hash_gram(piece, gram));
}

/* The kind by which the glob is found, and *key: of its pieces the one that fewest others have. */
static enum kind choose(struct sketch *sketch, const char *glob, size_t len, uint32_t *key)
{
    enum kind kind = LOOSE;
    unsigned fewest = UINT16_MAX + 1u;
    const char *piece = fixed_host(glob, len);
    if (!has_wild(glob, len)) {
        *key = hash_bytes(glob, len);
        return BY_TEXT;
    }
    if (piece) {
        *key = hash_bytes(piece, (size_t)(glob + len - piece));
        fewest = *sketch_count(sketch, ~*key);
        kind = BY_HOST;
    }
    /* Short ones only where there is nothing else: a text has them by chance. */
    for (size_t gram = GRAM, at = 0; gram >= 2 && kind == LOOSE; gram--, at = 0) {
        while ((piece = next_gram(glob, len, gram, &at))) {
            uint32_t hash = hash_gram(piece, gram);
            if (*sketch_count(sketch, hash) < fewest) {
                fewest = *sketch_count(sketch, hash);
                *key = hash;
                kind = (enum kind)(BY_GRAM2 + gram - 2);
            }
        }
    }
    return kind;
}

/* ---- Building ---- */

static uint32_t bucket_of(const struct table *t, uint32_t key)
{
    return key >> t->shift;
}

/* Takes copies of the globs of its kind, by counting: each bucket's in their old order. */
static void table_build(struct table *t, const struct glob *globs, const uint8_t *kinds,
                        size_t count, enum kind kind)
{
    unsigned bits = 1;
    for (size_t i = 0; i < count; i++)
        t->count += kinds[i] == kind;
    if (!t->count)
        return;
    while ((size_t)1 << bits < 2 * t->count)
        bits++;
    t->shift = 32 - bits;
    t->starts = xcalloc(((size_t)1 << bits) + 1, sizeof *t->starts);
    t->globs = xcalloc(t->count, sizeof *t->globs);
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            t->starts[bucket_of(t, globs[i].key) + 1]++;
    for (size_t b = 0; b < (size_t)1 << bits; b++)
        t->starts[b + 1] += t->starts[b];
    for (size_t i = count; i--;)
        if (kinds[i] == kind)
            t->globs[--t->starts[bucket_of(t, globs[i].key) + 1]] = globs[i];
    /* Each start has moved to the one before it. */
    memmove(t->starts, t->starts + 1, ((size_t)1 << bits) * sizeof *t->starts);
    t->starts[(size_t)1 << bits] = (uint32_t)t->count;
}

static struct needs needs_of(const char *s, size_t len)
{
    struct needs needs = {0};
    for (size_t i = 0; i < len; i++) {
        if (is_wild(s[i]))
            continue;
        needs.bytes |= byte_bit(s[i]);
        if (i + 1 < len && !is_wild(s[i + 1]))
            needs.pairs |= pair_bit(s + i);
    }
    return needs;
}

static void loose_build(struct globset *set, const struct glob *globs, const uint8_t *kinds,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        set->nloose += kinds[i] == LOOSE;
    if (!set->nloose)
        return;
    set->loose = xcalloc(set->nloose, sizeof *set->loose);
    set->needs = xcalloc(set->nloose, sizeof *set->needs);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (kinds[i] != LOOSE)
            continue;
        set->loose[n] = globs[i];
        set->needs[n++] = needs_of(set->pool + globs[i].start, globs[i].len);
    }
}

static void compile(struct globset *set, enum casemapping casemapping,
                    const struct glob_item *items, size_t count, struct glob *globs)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(items[i].glob);
    set->pool = xmalloc(size + 1);
    for (size_t i = 0; i < count; i++) {
        char *start = set->pool + set->pool_len;
        size_t len = glob_compile(casemapping, items[i].glob, start);
        size_t stars = 0;
        for (size_t j = 0; j < len; j++)
            stars += start[j] == GLOB_STAR;
        globs[i] = (struct glob){.number = (uint32_t)items[i].number,
                                 .start = (uint32_t)set->pool_len,
                                 .len = (uint16_t)len,
                                 .least = (uint16_t)(len - stars)};
        set->pool_len += len;
    }
}

struct globset *globset_new(enum casemapping casemapping, const struct glob_item *items,
                            size_t count)
{
    struct globset *set = xcalloc(1, sizeof *set);
    struct glob *globs = xcalloc(count + 1, sizeof *globs);
    uint8_t *kinds = xcalloc(count + 1, sizeof *kinds);
    struct sketch *sketch = xcalloc(1, sizeof *sketch);
    compile(set, casemapping, items, count, globs);
    for (size_t i = 0; i < count; i++)
        sketch_add_glob(sketch, set->pool + globs[i].start, globs[i].len);
    for (size_t i = 0; i < count; i++)
        kinds[i] = (uint8_t)choose(sketch, set->pool + globs[i].start, globs[i].len, &globs[i].key);
    for (int kind = 0; kind < LOOSE; kind++)
        table_build(&set->tables[kind], globs, kinds, count, (enum kind)kind);
    loose_build(set, globs, kinds, count);
    free(sketch);
    free(kinds);
    free(globs);
    return set;
}

void globset_free(struct globset *set)
{
    if (!set)
        return;
    for (int kind = 0; kind < LOOSE; kind++) {
        free(set->tables[kind].starts);
        free(set->tables[kind].globs);
    }
    free(set->loose);
    free(set->needs);
    free(set->pool);
    free(set);
}

size_t globset_bytes(const struct globset *set)
{
    size_t bytes =
        sizeof *set + set->pool_len + set->nloose * (sizeof *set->loose + sizeof *set->needs);
    for (int kind = 0; kind < LOOSE; kind++) {
        const struct table *t = &set->tables[kind];
        if (t->count)
            bytes += t->count * sizeof *t->globs +
                     (((size_t)1 << (32 - t->shift)) + 1) * sizeof *t->starts;
    }
    return bytes;
}

/* ---- Matching ---- */

struct search {
    const struct globset *set;
    const char *text;
    size_t len;
    size_t best;
    bool (*accept)(const void *arg, size_t number);
    const void *arg;
};

static void try_glob(struct search *s, const struct glob *glob)
{
    if (glob->number < s->best && glob->least <= s->len &&
        glob_matches(s->set->pool + glob->start, glob->len, s->text, s->len) &&
        (!s->accept || s->accept(s->arg, glob->number)))
        s->best = glob->number;
}

static void try_key(struct search *s, enum kind kind, uint32_t key)
{
    const struct table *t = &s->set->tables[kind];
    uint32_t bucket = bucket_of(t, key);
    for (uint32_t i = t->starts[bucket]; i < t->starts[bucket + 1]; i++)
        if (t->globs[i].key == key)
            try_glob(s, &t->globs[i]);
}

static int compare_keys(const void *a, const void *b)
{
    uint32_t ka = *(const uint32_t *)a;
    uint32_t kb = *(const uint32_t *)b;
    return (ka > kb) - (ka < kb);
}

static bool has_key(const struct table *t, uint32_t key)
{
    uint32_t bucket = bucket_of(t, key);
    for (uint32_t i = t->starts[bucket]; i < t->starts[bucket + 1]; i++)
        if (t->globs[i].key == key)
            return true;
    return false;
}

/* A piece that the text has many times is looked up once. */
static void try_grams(struct search *s, enum kind kind, size_t gram)
{
    const struct table *t = &s->set->tables[kind];
    uint32_t keys[GLOB_MAX_TEXT];
    size_t count = 0;
    for (size_t i = 0; t->count && i + gram <= s->len; i++) {
        uint32_t key = hash_gram(s->text + i, gram);
        if (has_key(t, key) && count < GLOB_MAX_TEXT)
            keys[count++] = key;
    }
    if (count > 1)
        qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < count; i++)
        if (!i || keys[i] != keys[i - 1])
            try_key(s, kind, keys[i]);
}

static void try_loose(struct search *s)
{
    const struct needs has = needs_of(s->text, s->len);
    for (size_t i = 0; i < s->set->nloose; i++)
        if (!(s->set->needs[i].bytes & ~has.bytes) && !(s->set->needs[i].pairs & ~has.pairs))
            try_glob(s, &s->set->loose[i]);
}

size_t globset_find(const struct globset *set, const char *text, size_t len, size_t below,
                    bool (*accept)(const void *arg, size_t number), const void *arg)
{
    struct search s = {set, text, len, below, accept, arg};
    if (set->tables[BY_TEXT].count)
        try_key(&s, BY_TEXT, hash_bytes(text, len));
    if (set->tables[BY_HOST].count) {
        const char *host = host_of(text, len);
        if (host)
            try_key(&s, BY_HOST, hash_bytes(host, (size_t)(text + len - host)));
    }
    for (size_t gram = 2; gram <= GRAM; gram++)
        try_grams(&s, (enum kind)(BY_GRAM2 + gram - 2), gram);
    if (set->nloose)
        try_loose(&s);
    return s.best;
}
