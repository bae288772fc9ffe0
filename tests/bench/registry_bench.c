#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xmalloc.h"
#include "net/proto/hostmask.h"
#include "registry/decide.h"
#include "registry/ignores.h"
#include "registry/model.h"
#include "tests/bench/histogram.h"

/*
 * How long the registry takes to decide, and what it costs to hold: the pure part, without Redis
 * and IRC. One line for each figure; with --json one object.
 */

#define MASKS    10000
#define MODULES  1000
#define NETWORKS 200
#define SAMPLES  20000
#define BATCH    16 /* decisions in one sample: reading the clock takes as long as one of them */

static bool json;
static bool first = true;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void print_figure(const char *name, double value, const char *unit)
{
    if (json)
        printf("%s\n  \"%s_%s\": %.1f", first ? "{" : ",", name, unit, value);
    else
        printf("%-44s %12.1f %s\n", name, value, unit);
    first = false;
}

/* ---- Registries ---- */

static void on_problem(void *arg, const char *status, const char *field, const char *text)
{
    (void)arg;
    fprintf(stderr, "registry_bench: %s %s: %s\n", status, field, text);
    exit(1);
}

static struct model_bytes bytes_of(const char *text)
{
    return (struct model_bytes){text, strlen(text)};
}

static void put_hash(struct model *m, const char *name, const char *field, const char *value)
{
    struct registry_key key = key_parse(name);
    const struct model_bytes pairs[] = {bytes_of("enabled"), bytes_of("yes"), bytes_of(field),
                                        bytes_of(value)};
    model_apply_hash(m, &key, pairs, 4);
}

static void put_list(struct model *m, const char *name, const char *const *items, size_t count)
{
    struct registry_key key = key_parse(name);
    struct model_bytes *bytes = xcalloc(count, sizeof *bytes);
    for (size_t i = 0; i < count; i++)
        bytes[i] = bytes_of(items[i]);
    model_apply_list(m, &key, bytes, count);
    free(bytes);
}

/* Modules m0... with $me among their enicks, in channels that are mostly on. */
static void put_modules(struct model *m, size_t count)
{
    const char *const enicks[] = {"$me"};
    const char *const dchannels[] = {"#quiet", "#ops", "#serious"};
    char(*names)[24] = xcalloc(count, sizeof *names);
    struct model_bytes *index = xcalloc(count, sizeof *index);
    for (size_t i = 0; i < count; i++) {
        char key[64];
        snprintf(names[i], sizeof names[i], "m%zu", i);
        index[i] = bytes_of(names[i]);
        snprintf(key, sizeof key, "module:%s", names[i]);
        put_hash(m, key, "description", "Does something that takes a sentence to tell.");
        snprintf(key, sizeof key, "module:%s:enicks", names[i]);
        put_list(m, key, enicks, 1);
        snprintf(key, sizeof key, "module:%s:dchannels", names[i]);
        put_list(m, key, dchannels, 3);
    }
    model_apply_index(m, index, count);
    free(index);
    free(names);
}

/* Each network overlays every tenth module. */
static void put_overlays(struct model *m, size_t networks, size_t modules)
{
    const char *const echannels[] = {"#bots", "#games"};
    for (size_t n = 0; n < networks; n++) {
        for (size_t i = n % 10; i < modules; i += 10) {
            char key[96];
            snprintf(key, sizeof key, "network:net%zu:module:m%zu", n, i);
            put_hash(m, key, "cmd_prefix", "?");
            snprintf(key, sizeof key, "network:net%zu:module:m%zu:echannels", n, i);
            put_list(m, key, echannels, 2);
        }
    }
}

/* ---- Decisions ---- */

static bool somebody(const void *ctx, const char *nick)
{
    (void)ctx;
    (void)nick;
    return false;
}

static const struct decide_place place = {"#channel", somebody, NULL};

static struct decide_facts facts_of(const char *nick, const char *user, const char *host,
                                    const char *account)
{
    return (struct decide_facts){.type = EVENT_COMMAND,
                                 .network = "net0",
                                 .nick = nick,
                                 .user = user,
                                 .host = host,
                                 .account = account,
                                 .me = "bot",
                                 .command = "roll",
                                 .places = &place,
                                 .nplaces = 1};
}

static double time_decisions(const char *name, const struct module_view *m,
                             const struct decide_facts *facts, enum decide_reason want)
{
    static struct histogram h;
    char figure[64];
    memset(&h, 0, sizeof h);
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t before = now_ns();
        for (int j = 0; j < BATCH; j++) {
            if (decide_module(m, facts).reason != want) {
                fprintf(stderr, "registry_bench: %s: a wrong decision\n", name);
                exit(1);
            }
        }
        histogram_add(&h, (now_ns() - before) / BATCH);
    }
    double p50 = (double)histogram_quantile(&h, 0.5);
    snprintf(figure, sizeof figure, "%s_p50", name);
    print_figure(figure, p50, "ns");
    snprintf(figure, sizeof figure, "%s_p99", name);
    print_figure(figure, (double)histogram_quantile(&h, 0.99), "ns");
    return p50;
}

/* ---- Masks ---- */

enum shape { EXACT, HOST, SUFFIX, NICK, ACCOUNT, SHAPES };

static void write_mask(char *dst, size_t size, size_t i)
{
    switch ((enum shape)(i % SHAPES)) {
    case EXACT:
        snprintf(dst, size, "nick%zu!user%zu@host-%zu.example.org", i, i, i);
        break;
    case HOST:
        snprintf(dst, size, "*!*@dsl-%zu.pool.isp%zu.example.net", i, i % 50);
        break;
    case SUFFIX:
        snprintf(dst, size, "*!user%zu@*.isp%zu.example.net", i, i % 50);
        break;
    case NICK:
        snprintf(dst, size, "troll%zu*!*@*", i);
        break;
    default:
        snprintf(dst, size, "account:person%zu", i);
        break;
    }
}

enum sort {
    ORDINARY,
    SHORT,  /* three fixed bytes */
    HOSTILE /* nothing to find it by, and every letter of it in the text */
};

static struct registry_view *masks_view(struct snapshot **last, size_t masks, enum sort sort)
{
    struct model *m = model_new(on_problem, NULL);
    char(*texts)[100] = xcalloc(masks + 1, sizeof *texts);
    const char **items = xcalloc(masks + 1, sizeof *items);
    for (size_t i = 0; i < masks; i++) {
        if (sort == HOSTILE)
            snprintf(texts[i], sizeof texts[i], "*%c*%c*%c*!*%c*@*%c*%zu*", "trolsendu"[i % 9],
                     "trolsendu"[i / 9 % 9], "trolsendu"[i / 81 % 9], "trolsendu"[i / 729 % 9],
                     "trolsendu"[i / 6561 % 9], i % 10);
        else if (sort == SHORT)
            snprintf(texts[i], sizeof texts[i], "%c%c%c*!*@*", (char)('a' + i % 26),
                     (char)('a' + i / 26 % 26), (char)('a' + i / 676 % 15));
        else
            write_mask(texts[i], sizeof texts[i], i);
        items[i] = texts[i];
    }
    put_modules(m, 1);
    put_list(m, "module:m0:blacklist", items, masks);
    snapshot_unref(*last);
    struct snapshot *empty = snapshot_new();
    *last = model_commit(m, empty);
    snapshot_unref(empty);
    uint64_t before = now_ns();
    size_t heap = heap_bytes();
    struct registry_view *view = registry_view_new(*last, "net0", CASEMAPPING_RFC1459, '!');
    if (masks == MASKS && sort == ORDINARY) {
        print_figure("masks_10000_compile", (double)(now_ns() - before) / 1e6, "ms");
        print_figure("masks_10000_memory", (double)(heap_bytes() - heap) / 1024, "KiB");
    }
    free(items);
    free(texts);
    model_free(m);
    return view;
}

static void measure_naive(const struct decide_facts *facts)
{
    char text[300];
    char(*texts)[100] = xcalloc(MASKS, sizeof *texts);
    static struct histogram h;
    for (size_t i = 0; i < MASKS; i++)
        write_mask(texts[i], sizeof texts[i], i);
    hostmask_write(text, sizeof text, facts->nick, facts->user, facts->host);
    for (int round = 0; round < 100; round++) {
        uint64_t before = now_ns();
        size_t found = 0;
        for (size_t i = 0; i < MASKS; i++)
            found += glob_match(CASEMAPPING_RFC1459, texts[i], text);
        histogram_add(&h, now_ns() - before + (found > MASKS));
    }
    print_figure("masks_10000_one_by_one_p50", (double)histogram_quantile(&h, 0.5), "ns");
    free(texts);
}

static void measure_masks(void)
{
    static const struct {
        const char *name;
        struct {
            const char *nick, *user, *host, *account;
        } from;
        enum decide_reason want;
    } rows[] = {
        {"masks_10000_miss", {"alice", "al", "host-7.example.com", NULL}, DECIDE_ENICK},
        {"masks_10000_miss_near",
         {"troll", "user8", "dsl-8.pool.isp7.example.net", "person3"},
         DECIDE_ENICK},
        {"masks_10000_miss_long",
         {"a-nick-of-thirty-two-characters", "tenletters",
          "a-host-name-of-sixty-three-characters.pool.isp7.example.net.org", "person"},
         DECIDE_ENICK},
        {"masks_10000_exact",
         {"Nick5000", "user5000", "host-5000.example.org", NULL},
         DECIDE_BLACKLIST},
        {"masks_10000_host",
         {"alice", "al", "dsl-5001.pool.isp1.example.net", NULL},
         DECIDE_BLACKLIST},
        {"masks_10000_suffix",
         {"alice", "user5002", "a.b.isp2.example.net", NULL},
         DECIDE_BLACKLIST},
        {"masks_10000_nick", {"TROLL5003x", "al", "host.example.com", NULL}, DECIDE_BLACKLIST},
        {"masks_10000_account",
         {"alice", "al", "host.example.com", "Person5004"},
         DECIDE_BLACKLIST},
    };
    struct snapshot *s = NULL;
    struct decide_facts facts = facts_of("alice", "al", "host-7.example.com", NULL);
    struct registry_view *view = masks_view(&s, 0, ORDINARY);
    time_decisions("masks_none", view->modules[0], &facts, DECIDE_ENICK);
    registry_view_free(view);
    view = masks_view(&s, 100, ORDINARY);
    time_decisions("masks_100_miss", view->modules[0], &facts, DECIDE_ENICK);
    registry_view_free(view);
    view = masks_view(&s, MASKS, ORDINARY);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        facts =
            facts_of(rows[i].from.nick, rows[i].from.user, rows[i].from.host, rows[i].from.account);
        time_decisions(rows[i].name, view->modules[0], &facts, rows[i].want);
    }
    registry_view_free(view);
    facts = facts_of("alice", "al", "host-7.example.com", NULL);
    measure_naive(&facts);
    view = masks_view(&s, MASKS, SHORT);
    facts = facts_of("xyzzy", "al", "host-7.example.com", NULL);
    time_decisions("masks_10000_short_miss", view->modules[0], &facts, DECIDE_ENICK);
    registry_view_free(view);
    view = masks_view(&s, MASKS, HOSTILE);
    facts = facts_of("trollsendu", "trollsendu", "nothing.example.com", NULL);
    time_decisions("masks_10000_unindexable_miss", view->modules[0], &facts, DECIDE_ENICK);
    registry_view_free(view);
    snapshot_unref(s);
}

/* ---- Many modules and networks ---- */

static void measure_size(void)
{
    struct registry_view **views = xcalloc(NETWORKS, sizeof(struct registry_view *));
    struct snapshot *empty = snapshot_new();
    size_t heap = heap_bytes();
    struct model *m = model_new(on_problem, NULL);
    put_modules(m, MODULES);
    put_overlays(m, NETWORKS, MODULES);
    struct snapshot *s = model_commit(m, empty);
    print_figure("modules_1000_networks_200_model_memory", (double)(heap_bytes() - heap) / 1048576,
                 "MiB");
    heap = heap_bytes();
    uint64_t before = now_ns();
    for (size_t i = 0; i < NETWORKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "net%zu", i);
        views[i] = registry_view_new(s, name, (enum casemapping)(i % 3), '!');
    }
    print_figure("modules_1000_networks_200_views_build", (double)(now_ns() - before) / 1e6, "ms");
    print_figure("modules_1000_networks_200_views_memory", (double)(heap_bytes() - heap) / 1048576,
                 "MiB");

    before = now_ns();
    put_hash(m, "module:m500", "description", "Edited.");
    struct snapshot *next = model_commit(m, s);
    print_figure("edit_commit", (double)(now_ns() - before) / 1e3, "us");
    before = now_ns();
    registry_view_follow(views[0], next, NULL, NULL);
    print_figure("edit_view_of_one_network", (double)(now_ns() - before) / 1e3, "us");
    snapshot_unref(next);
    for (size_t i = 0; i < NETWORKS; i++)
        registry_view_free(views[i]);
    free(views);
    snapshot_unref(s);
    snapshot_unref(empty);
    model_free(m);
}

static void measure_networks(size_t networks)
{
    struct snapshot *empty = snapshot_new();
    struct model *m = model_new(on_problem, NULL);
    char figure[64];
    put_modules(m, MODULES);
    put_overlays(m, networks, MODULES);
    struct snapshot *s = model_commit(m, empty);
    struct registry_view *view = registry_view_new(s, "net0", CASEMAPPING_RFC1459, '!');
    const struct decide_facts facts = facts_of("alice", "al", "host-7.example.com", NULL);
    snprintf(figure, sizeof figure, "decision_of_%zu_network%s", networks, networks > 1 ? "s" : "");
    time_decisions(figure, registry_view_find(view, "m505"), &facts, DECIDE_ENICK);
    snprintf(figure, sizeof figure, "decision_overlaid_of_%zu_network%s", networks,
             networks > 1 ? "s" : "");
    time_decisions(figure, registry_view_find(view, "m500"), &facts, DECIDE_ENICK);
    registry_view_free(view);
    snapshot_unref(s);
    snapshot_unref(empty);
    model_free(m);
}

/* ---- Flood controls ---- */

static void measure_flood(void)
{
    struct model *m = model_new(on_problem, NULL);
    struct snapshot *empty = snapshot_new();
    struct flood *flood = flood_new(&clock_system);
    char host[40] = "";
    put_modules(m, 1);
    put_hash(m, "module:m0", "rate_user", "3/1h");
    struct snapshot *s = model_commit(m, empty);
    struct registry_view *view = registry_view_new(s, "net0", CASEMAPPING_RFC1459, '!');
    struct decide_facts facts = facts_of("alice", "al", host, NULL);
    facts.flood = flood;
    enum { SOURCES = 50000 };
    uint64_t before = now_ns();
    for (int i = 0; i < SOURCES; i++) {
        char source[FLOOD_SOURCE_SIZE];
        snprintf(host, sizeof host, "host-%d.example.com", i);
        struct decision d = decide_module(view->modules[0], &facts);
        struct flood_use use = decide_use(view->modules[0], &facts, &d, source);
        flood_count(flood, &use);
    }
    print_figure("flood_decide_and_count", (double)(now_ns() - before) / SOURCES, "ns");
    print_figure("flood_50000_sources_memory", (double)flood_stats(flood).bytes / 1048576, "MiB");
    time_decisions("flood_50000_sources_decision", view->modules[0], &facts, DECIDE_ENICK);
    registry_view_free(view);
    snapshot_unref(s);
    snapshot_unref(empty);
    flood_free(flood);
    model_free(m);
}

int main(int argc, char **argv)
{
    json = argc == 2 && !strcmp(argv[1], "--json");
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: registry_bench [--json]\n");
        return 2;
    }
    measure_masks();
    measure_networks(1);
    measure_networks(NETWORKS);
    measure_size();
    measure_flood();
    if (json)
        printf("\n}\n");
    return 0;
}
