#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/spec/spec.h"

#define MAX_WORDS 16

/* The words of a line, by single spaces; free both. */
struct words {
    char *line;
    char *list[MAX_WORDS];
    size_t count;
};

static void split(struct words *w, const char *line)
{
    char *rest;
    *w = (struct words){.line = xstrdup(line)};
    for (char *word = strtok_r(w->line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(w->count < MAX_WORDS);
        w->list[w->count++] = word;
    }
}

static void assert_parses(const char *line, const char *name, const char *wanted)
{
    struct words w;
    char *error = NULL;
    size_t used = 0;
    split(&w, line);
    const struct command_spec *spec = command_find(w.list, w.count, &used, &error);
    assert_null(error);
    assert_non_null(spec);
    assert_string_equal(spec->name, name);
    json_t *args = command_parse(spec, w.list + used, w.count - used, &error);
    if (error)
        print_message("%s\n", error);
    assert_non_null(args);
    char *text = json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, wanted);
    assert_int_equal(command_check(spec, args, &error),
                     spec->params[0] && spec->params[0]->kind == PARAM_DOCUMENT ? -1 : 0);
    free(error);
    free(text);
    json_decref(args);
    free(w.line);
}

static void assert_refused(const char *line, const char *wanted)
{
    struct words w;
    char *error = NULL;
    size_t used = 0;
    split(&w, line);
    const struct command_spec *spec = command_find(w.list, w.count, &used, &error);
    if (spec)
        assert_null(command_parse(spec, w.list + used, w.count - used, &error));
    assert_non_null(error);
    assert_string_equal(error, wanted);
    free(error);
    free(w.line);
}

static void test_words(void **state)
{
    (void)state;
    assert_parses("status", "status", "{}");
    assert_parses("module set karma rate_user 3/1m", "module set",
                  "{\"field\":\"rate_user\",\"name\":\"karma\",\"value\":\"3/1m\"}");
    assert_parses("module set --network libera karma usage one two three", "module set",
                  "{\"field\":\"usage\",\"name\":\"karma\",\"network\":\"libera\",\"value\":"
                  "\"one two three\"}");
    assert_parses("module add karma dnicks a b --network=oftc c", "module add",
                  "{\"items\":[\"a\",\"b\",\"c\"],\"list\":\"dnicks\",\"name\":\"karma\","
                  "\"network\":\"oftc\"}");
    assert_parses("module add karma dnicks -- --a b", "module add",
                  "{\"items\":[\"--a\",\"b\"],\"list\":\"dnicks\",\"name\":\"karma\"}");
    assert_parses("registry import - --dry-run --replace", "registry import",
                  "{\"dry-run\":true,\"file\":\"-\",\"replace\":true}");
    assert_parses("network disconnect libera", "network disconnect", "{\"network\":\"libera\"}");
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("", "no command given; help lists them");
    assert_refused("modul", "unknown command \"modul\"; did you mean \"module\"?");
    assert_refused("module lits", "unknown command \"module lits\"; did you mean \"module list\"?");
    assert_refused("registry", "\"registry\" is no command; after \"registry\" comes one of: show, "
                               "check, export, import");
    assert_refused("status now", "status takes no arguments, but \"now\" follows; usage: status");
    assert_refused("module enable",
                   "module enable needs NAME; usage: module enable NAME [--network NET]");
    assert_refused("module enable a b",
                   "\"b\" is too much; usage: module enable NAME [--network NET]");
    assert_refused(
        "module enable a --netwrk x",
        "module enable has no option --netwrk (did you mean --network?); usage: module enable NAME "
        "[--network NET]");
    assert_refused("registry import f --dry-run=1",
                   "--dry-run takes no value; usage: registry import FILE [--dry-run] "
                   "[--replace]");
    assert_refused("registry export --from x",
                   "registry export has no option --from; usage: registry export [--storage]");
}

static void assert_check(enum command command, const char *args, const char *wanted)
{
    char *error = NULL;
    json_t *object = json_loads(args, 0, NULL);
    assert_non_null(object);
    int failed = command_check(&command_specs[command], object, &error);
    assert_int_equal(failed, wanted ? -1 : 0);
    if (wanted)
        assert_string_equal(error, wanted);
    free(error);
    json_decref(object);
}

static void test_objects(void **state)
{
    (void)state;
    assert_check(COMMAND_STATUS, "{}", NULL);
    assert_check(COMMAND_STATUS, "{\"a\":1}", "status takes no \"a\"; usage: status");
    assert_check(COMMAND_MODULE_ENABLE, "{\"name\":\"a\",\"network\":\"b\"}", NULL);
    assert_check(COMMAND_MODULE_ENABLE, "{\"name\":5}",
                 "\"name\" must be a text; usage: module enable NAME [--network NET]");
    assert_check(COMMAND_MODULE_ENABLE, "{}",
                 "module enable needs NAME; usage: module enable NAME [--network NET]");
    assert_check(COMMAND_MODULE_ADD, "{\"name\":\"a\",\"list\":\"b\",\"items\":[\"c\"]}", NULL);
    for (int i = 0; i < 3; i++) {
        static const char *const items[] = {"[]", "\"c\"", "[\"c\",1]"};
        char *args = xasprintf("{\"name\":\"a\",\"list\":\"b\",\"items\":%s}", items[i]);
        assert_check(COMMAND_MODULE_ADD, args,
                     "\"items\" must be an array of texts; usage: module add NAME LIST ITEM... "
                     "[--network NET]");
        free(args);
    }
    assert_check(COMMAND_REGISTRY_EXPORT, "{\"storage\":true,\"from\":\"x\"}", NULL);
    assert_check(COMMAND_REGISTRY_IMPORT, "{\"file\":{}}", NULL);
    assert_check(COMMAND_REGISTRY_IMPORT, "{\"file\":\"name\"}",
                 "\"file\" must be an object; usage: registry import FILE [--dry-run] [--replace]");
}

static void test_accounts(void **state)
{
    (void)state;
    assert_parses("user add alice --owner --password-file pw", "user add",
                  "{\"name\":\"alice\",\"owner\":true,\"password-file\":\"pw\"}");
    assert_parses("user hostmask add alice *!*@a *!*@b", "user hostmask add",
                  "{\"items\":[\"*!*@a\",\"*!*@b\"],\"name\":\"alice\"}");
    assert_parses("capability check --network net --source a!b@c #c.op --explain",
                  "capability check",
                  "{\"capability\":\"#c.op\",\"explain\":true,\"network\":\"net\","
                  "\"source\":\"a!b@c\"}");
    assert_parses("capability check --command dice.roll --account alice", "capability check",
                  "{\"account\":\"alice\",\"command\":\"dice.roll\"}");
    assert_parses("capability add -x --channel #c --network net", "capability add",
                  "{\"channel\":\"#c\",\"items\":[\"-x\"],\"network\":\"net\"}");
    assert_parses("group add staff user Those who help", "group add",
                  "{\"description\":\"Those who help\",\"name\":\"staff\",\"style\":\"user\"}");
    assert_refused(
        "user hostmask alice",
        "\"user hostmask\" is no command; after \"user\" comes one of: list, show, add, drop, "
        "passwd, set, hostmask add, hostmask remove, services add, services remove");
}

/* What IRC may run is said for each, and a password never comes from there. */
static void test_what_irc_needs(void **state)
{
    static const enum command never[] = {COMMAND_USER_ADD,        COMMAND_USER_PASSWD,
                                         COMMAND_GROUP_ADD,       COMMAND_REGISTRY_EXPORT,
                                         COMMAND_REGISTRY_IMPORT, COMMAND_CAPABILITY_ADD};
    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(command_specs[never[i]].capability);
    for (int i = 0; i < COMMAND_COUNT; i++)
        for (size_t k = 0; command_specs[i].params[k]; k++)
            if (!strcmp(command_specs[i].params[k]->name, "password"))
                assert_null(command_specs[i].capability);
    assert_string_equal(command_specs[COMMAND_USER_DROP].capability, "owner");
    assert_string_equal(command_specs[COMMAND_MODULE_ENABLE].capability, "admin");
}

/* The table itself: what readers of it rely on. */
static void test_table(void **state)
{
    (void)state;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        const struct command_spec *spec = &command_specs[i];
        bool rest = false;
        bool optional = false;
        assert_non_null(spec->name);
        assert_true(strlen(spec->name) <= 20); /* the column of the help */
        assert_true(strlen(spec->help) > 5 && strlen(spec->help) <= 72);
        for (size_t k = 0; spec->params[k]; k++) {
            const struct command_param *p = spec->params[k];
            bool positional = p->kind <= PARAM_DOCUMENT;
            assert_non_null(p->name);
            assert_true(p->kind == PARAM_INTERNAL || p->help != NULL);
            assert_true(!positional || (p->shown && !rest));
            assert_true(!positional || p->optional || !optional);
            rest = rest || p->kind == PARAM_WORDS || p->kind == PARAM_REST;
            optional = optional || (positional && p->optional);
        }
        for (int k = 0; k < i; k++)
            assert_string_not_equal(command_specs[k].name, spec->name);
    }
}

static void test_too_many_words(void **state)
{
    (void)state;
    char *words[COMMAND_MAX_WORDS + 1];
    char *error = NULL;
    for (size_t i = 0; i <= COMMAND_MAX_WORDS; i++)
        words[i] = "x";
    assert_null(
        command_parse(&command_specs[COMMAND_MODULE_ADD], words, COMMAND_MAX_WORDS + 1, &error));
    assert_non_null(strstr(error, "too many words"));
    free(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),          cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_objects),        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_what_irc_needs), cmocka_unit_test(test_table),
        cmocka_unit_test(test_too_many_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
