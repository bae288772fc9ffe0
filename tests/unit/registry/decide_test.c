#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/decide.h"
#include "registry/model.h"

/* Who is in a channel: folded nicks with a space around each. */
static bool has(const void *ctx, const char *nick)
{
    char word[128];
    snprintf(word, sizeof word, " %s ", nick);
    return strstr(ctx, word) != NULL;
}

static void ignore_problem(void *arg, const char *status, const char *field, const char *text)
{
    (void)arg;
    fail_msg("%s %s: %s", status, field, text);
}

/* Comma-separated lists in the order of enum module_list; "" is empty. */
struct module_text {
    const char *fields; /* "enabled=yes,..." */
    const char *lists[LIST_COUNT];
};

static size_t split(const char *text, const char *separators, char copy[512],
                    struct model_bytes *out, bool backwards)
{
    size_t n = 0;
    snprintf(copy, 512, "%s", text);
    for (char *save, *w = strtok_r(copy, separators, &save); w;
         w = strtok_r(NULL, separators, &save))
        out[n++] = (struct model_bytes){w, strlen(w)};
    for (size_t i = 0; backwards && i < n / 2; i++) {
        struct model_bytes b = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = b;
    }
    return n;
}

static struct registry_view *make_view(const struct module_text *text, enum casemapping map,
                                       bool backwards)
{
    struct snapshot *empty = snapshot_new();
    struct model *model = model_new(ignore_problem, NULL);
    struct model_bytes bytes[32];
    char copy[512];
    model_apply_index(model, &(struct model_bytes){"m", 1}, 1);
    struct registry_key key = key_parse("module:m");
    model_apply_hash(model, &key, bytes, split(text->fields, "=,", copy, bytes, false));
    for (int i = 0; i < LIST_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "module:m:%s", module_list_rows[i].name);
        key = key_parse(name);
        model_apply_list(model, &key, bytes,
                         split(text->lists[i] ? text->lists[i] : "", ",", copy, bytes, backwards));
    }
    struct snapshot *s = model_commit(model, empty);
    struct registry_view *view = registry_view_new(s, "net", map, '!');
    snapshot_unref(s);
    snapshot_unref(empty);
    model_free(model);
    return view;
}

#define ON  "enabled=yes"
#define OFF "enabled=no"

struct row {
    const char *what;
    struct module_text module; /* fields, { echannels, dchannels, enicks, dnicks } */
    enum event_type type;
    const char *channels[3];  /* none: private, or no place */
    const char *occupants[3]; /* NULL: the bot is not there */
    bool is_private;
    enum decide_reason reason;
    const char *item;
};

#define IN   " bot alice friend other "
#define PRIV .is_private = true
#define CHAN .channels = {"#Chan"}, .occupants = {IN}

static const struct row rows[] = {
    /* each rule */
    {"1 disabled", {OFF, {"#chan", 0, "$me"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DISABLED},
    {"2 type",
     {ON ",event_types=join quit", {0, 0, "$me"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_EVENT_TYPE},
    {"2 type fits",
     {ON ",event_types=join message", {0, 0, "$me"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_ENICK,
     .item = "$me"},
    {"5 dchannel",
     {ON, {0, "#chan"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_DCHANNEL,
     .item = "#Chan"},
    {"6 dnick",
     {ON, {0, 0, 0, "Other"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_DNICK,
     .item = "other"},
    {"6 dnick $me",
     {ON, {0, 0, 0, "$me"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_DNICK,
     .item = "$me"},
    {"7 echannel", {ON, {"#CHAN"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_ECHANNEL},
    {"8 enick",
     {ON, {0, 0, "Friend"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_ENICK,
     .item = "friend"},
    {"8 $me", {ON, {0, 0, "$me"}}, EVENT_COMMAND, CHAN, .reason = DECIDE_ENICK, .item = "$me"},
    {"9 nothing", {ON, {0}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_NO_RULE},
    {"9 elsewhere",
     {ON, {"#other", "#more", "nobody", "noone"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_NO_RULE},

    /* pairs that clash */
    {"1 over 2", {OFF ",event_types=join", {0}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DISABLED},
    {"1 over 5", {OFF, {0, "#chan"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DISABLED},
    {"1 over 6", {OFF, {0, 0, 0, "other"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DISABLED},
    {"1 over 8", {OFF, {0, 0, "$me"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DISABLED},
    {"2 over 5",
     {ON ",event_types=join", {0, "#chan"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_EVENT_TYPE},
    {"2 over 7",
     {ON ",event_types=join", {"#chan"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_EVENT_TYPE},
    {"5 over 6", {ON, {0, "#chan", 0, "other"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DCHANNEL},
    {"5 over 7", {ON, {"#chan", "#chan"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DCHANNEL},
    {"5 over 8", {ON, {0, "#chan", "$me"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DCHANNEL},
    {"6 over 7", {ON, {"#chan", 0, 0, "other"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DNICK},
    {"6 over 8", {ON, {0, 0, "$me", "other"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_DNICK},
    {"6 over 8, same nick",
     {ON, {0, 0, "other", "other"}},
     EVENT_MESSAGE,
     CHAN,
     .reason = DECIDE_DNICK},
    {"7 over 8", {ON, {"#chan", 0, "$me"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_ECHANNEL},
    {"7 over 9", {ON, {"#chan", 0, "nobody"}}, EVENT_MESSAGE, CHAN, .reason = DECIDE_ECHANNEL},

    /* private: the source and the bot */
    {"private, default", {ON, {0, 0, "$me"}}, EVENT_MESSAGE, PRIV, .reason = DECIDE_ENICK},
    {"private, source",
     {ON, {0, 0, "ALICE"}},
     EVENT_MESSAGE,
     PRIV,
     .reason = DECIDE_ENICK,
     .item = "alice"},
    {"private, own nick by name", {ON, {0, 0, "bot"}}, EVENT_MESSAGE, PRIV, .reason = DECIDE_ENICK},
    {"private, source is a dnick",
     {ON, {0, 0, "$me", "alice"}},
     EVENT_MESSAGE,
     PRIV,
     .reason = DECIDE_DNICK},
    {"private, somebody else",
     {ON, {0, 0, "friend", "other"}},
     EVENT_MESSAGE,
     PRIV,
     .reason = DECIDE_NO_RULE},
    {"private, channels do not count",
     {ON, {"#chan", "#chan"}},
     EVENT_MESSAGE,
     PRIV,
     .reason = DECIDE_NO_RULE},
    {"private, disabled", {OFF, {0, 0, "$me"}}, EVENT_MESSAGE, PRIV, .reason = DECIDE_DISABLED},

    /* several places */
    {"quit, on in the second",
     {ON, {"#b"}},
     EVENT_QUIT,
     {"#a", "#b"},
     {IN, IN},
     .reason = DECIDE_ECHANNEL,
     .item = "#b"},
    {"quit, off in one, on in the other",
     {ON, {0, "#a", "$me"}},
     EVENT_QUIT,
     {"#a", "#b"},
     {IN, IN},
     .reason = DECIDE_ENICK},
    {"quit, off in both",
     {ON, {0, "#a,#b", "$me"}},
     EVENT_QUIT,
     {"#a", "#b"},
     {IN, IN},
     .reason = DECIDE_DCHANNEL,
     .item = "#a"},
    {"nick, dnick in the first only",
     {ON, {0, 0, "$me", "rival"}},
     EVENT_NICK,
     {"#a", "#b", "#c"},
     {" bot rival ", " bot rival ", " bot "},
     .reason = DECIDE_ENICK},
    {"nick, dnick everywhere",
     {ON, {0, 0, "$me", "rival"}},
     EVENT_NICK,
     {"#a", "#b"},
     {" bot rival ", " bot rival "},
     .reason = DECIDE_DNICK},
    {"quit, nowhere", {ON, {0, 0, "$me"}}, EVENT_QUIT, .reason = DECIDE_NOWHERE},
    {"nick, nowhere", {ON, {0, 0, "$me"}}, EVENT_NICK, .reason = DECIDE_NOWHERE},

    /* no place at all */
    {"connected", {ON, {0}}, EVENT_CONNECTED, .reason = DECIDE_NO_PLACE},
    {"connected, disabled", {OFF, {0}}, EVENT_CONNECTED, .reason = DECIDE_DISABLED},
    {"disconnected", {ON, {0, 0, 0, "$me"}}, EVENT_DISCONNECTED, .reason = DECIDE_NO_PLACE},
    {"connected, not handled",
     {ON ",event_types=message", {0}},
     EVENT_CONNECTED,
     .reason = DECIDE_EVENT_TYPE},

    /* a channel the bot is not in */
    {"invite", {ON, {0, 0, "$me"}}, EVENT_INVITE, {"#new"}, {NULL}, .reason = DECIDE_NO_RULE},
    {"invite, echannel",
     {ON, {"#new", 0, "$me"}},
     EVENT_INVITE,
     {"#new"},
     {NULL},
     .reason = DECIDE_ECHANNEL},
};

static struct decision decide(const struct row *row, enum casemapping map, bool backwards,
                              char *item)
{
    struct registry_view *view = make_view(&row->module, map, backwards);
    struct decide_place places[3];
    size_t n = 0;
    for (; n < 3 && row->channels[n]; n++)
        places[n] = (struct decide_place){row->channels[n], row->occupants[n] ? has : NULL,
                                          row->occupants[n]};
    const struct decide_facts facts = {.type = row->type,
                                       .nick = "alice",
                                       .user = "a",
                                       .host = "example.org",
                                       .me = "Bot",
                                       .is_private = row->is_private,
                                       .places = places,
                                       .nplaces = n};
    struct decision d = decide_module(registry_view_find(view, "m"), &facts);
    snprintf(item, 64, "%s", d.item ? d.item : "");
    registry_view_free(view);
    return d;
}

static void rules(void **state)
{
    static const bool allows[] = {
#define X(name, number, text, allowed, sentence, otherwise) [number] = allowed,
        DECIDE_REASON_LIST(X)
#undef X
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int map = CASEMAPPING_RFC1459; map <= CASEMAPPING_ASCII; map++) {
            for (int backwards = 0; backwards < 2; backwards++) {
                char item[64];
                struct decision d = decide(&rows[i], map, backwards, item);
                if (d.reason != rows[i].reason || d.allowed != allows[d.reason])
                    fail_msg("%s: %s", rows[i].what, decide_reason_name(d.reason));
                if (rows[i].item)
                    assert_string_equal(item, rows[i].item);
            }
        }
    }
}

static void casemappings(void **state)
{
    static const struct {
        const char *listed;
        const char *seen;
        bool rfc1459, strict, ascii;
    } names[] = {
        {"#chan", "#CHAN", true, true, true},
        {"#a[]\\", "#a{}|", true, true, false},
        {"#a~", "#a^", true, false, false},
        {"#chan", "#chan2", false, false, false},
        {"#\xc3\x84", "#\xc3\xa4", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const bool wanted[] = {names[i].rfc1459, names[i].strict, names[i].ascii};
        for (int map = CASEMAPPING_RFC1459; map <= CASEMAPPING_ASCII; map++) {
            const struct row row = {.module = {ON, {names[i].listed}},
                                    .type = EVENT_MESSAGE,
                                    .channels = {names[i].seen},
                                    .occupants = {IN}};
            char item[64];
            struct decision d = decide(&row, map, false, item);
            assert_int_equal(d.allowed, wanted[map]);
        }
    }
}

static void list_order_does_not_matter(void **state)
{
    const struct row row = {
        .module = {ON, {"#a,#b,#c", "#d,#e", "$me,x,y,z", "u,v,w"}},
        .type = EVENT_MESSAGE,
        .channels = {"#B"},
        .occupants = {IN},
    };
    char item[64];
    char backwards[64];
    (void)state;
    struct decision a = decide(&row, CASEMAPPING_ASCII, false, item);
    struct decision b = decide(&row, CASEMAPPING_ASCII, true, backwards);
    assert_int_equal(a.reason, b.reason);
    assert_string_equal(item, backwards);
}

static void reasons_have_words(void **state)
{
    (void)state;
    assert_string_equal(decide_reason_name(DECIDE_DCHANNEL), "dchannel");
    assert_string_equal(decide_reason_sentence(DECIDE_DISABLED), "the module is not enabled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(casemappings),
        cmocka_unit_test(list_order_does_not_matter),
        cmocka_unit_test(reasons_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
