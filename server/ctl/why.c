#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/ctl/command.h"
#include "server/ctl/value.h"

/* The rules that are looked at once for each place. */
#define FIRST_OF_PLACES 5
#define LAST_OF_PLACES  9

/* People find place and item in the sentence. */
static const struct column columns[] = {
    {.title = "RULE", .right = true},
    {.title = "NAME"},
    {.title = "OUTCOME"},
    {.title = "WHERE", .raw = true},
    {.title = "ITEM", .raw = true},
    {.title = "WHY"},
    {.title = "DECIDES", .raw = true},
};

static enum paint paint_of(const char *outcome)
{
    return !strcmp(outcome, "refuses")  ? PAINT_BAD
           : !strcmp(outcome, "allows") ? PAINT_GOOD
                                        : PAINT_DIM;
}

/* "in #games: a nick of enicks is there: $me"; the place only where it is not the one asked about.
 * The caller frees it. */
static char *sentence_of(const json_t *rule, const char *asked)
{
    const char *place = ctl_text(rule, "place");
    const char *item = ctl_text(rule, "item");
    int64_t number = ctl_number(rule, "rule");
    bool of_place = number >= FIRST_OF_PLACES && number <= LAST_OF_PLACES;
    bool tell_place = of_place && *place && strcmp(place, asked) != 0;
    bool tell_item = *item && strcmp(item, place) != 0;
    return xasprintf("%s%s%s%s%s%s", tell_place ? "in " : "", tell_place ? place : "",
                     tell_place ? ": " : "", ctl_text(rule, "text"), tell_item ? ": " : "",
                     tell_item ? item : "");
}

static void add_rule(struct table *table, const json_t *rule, const char *asked)
{
    const char *outcome = ctl_text(rule, "outcome");
    bool decides = ctl_bool(rule, "decides");
    enum paint paint = paint_of(outcome);
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)ctl_number(rule, "rule"));
    table_add(table, PAINT_NONE, number, NULL);
    table_add(table, decides ? PAINT_BOLD : PAINT_NONE, ctl_text(rule, "name"), NULL);
    char *shown = xasprintf("%s%s", outcome, decides ? " <-" : "");
    table_add(table, paint, outcome, shown);
    free(shown);
    table_add(table, PAINT_NONE, ctl_text(rule, "place"), NULL);
    table_add(table, PAINT_NONE, ctl_text(rule, "item"), NULL);
    char *sentence = sentence_of(rule, asked);
    table_add(table, paint == PAINT_DIM ? PAINT_DIM : PAINT_NONE, ctl_text(rule, "text"), sentence);
    free(sentence);
    table_add(table, PAINT_NONE, decides ? "yes" : "no", NULL);
}

/* For people: the answer first, in a sentence. */
static void put_answer(const struct screen *screen, const json_t *result)
{
    bool allowed = ctl_bool(result, "allowed");
    const char *command = ctl_text(result, "command");
    const char *account = ctl_text(result, "account");
    const char *channel = ctl_text(result, "channel");
    char *about = xasprintf(
        "%s on %s, %s%s%s%s from %s%s%s", ctl_text(result, "module"), ctl_text(result, "network"),
        *command ? "command " : "event ", *command ? command : ctl_text(result, "event"),
        *channel                      ? " in "
        : ctl_bool(result, "private") ? " in private"
                                      : "",
        channel, ctl_text(result, "source"), *account ? ", account " : "", account);
    char *clean = text_clean(about);
    char *sentence = text_clean(ctl_text(result, "sentence"));
    enum paint paint = allowed ? PAINT_GOOD : PAINT_BAD;
    printf("%s%s%s: %s%s%s (rule %lld, %s: %s)\n", paint_begin(screen, PAINT_BOLD), clean,
           paint_end(screen, PAINT_BOLD), paint_begin(screen, paint), allowed ? "yes" : "no",
           paint_end(screen, paint), (long long)ctl_number(result, "rule"),
           ctl_text(result, "reason"), sentence);
    free(about);
    free(clean);
    free(sentence);
}

static enum ctl_exit show_why(const struct screen *screen, const json_t *result)
{
    size_t i;
    const json_t *rule;
    size_t skipped = 0;
    struct table *table = TABLE("rule", columns);
    json_array_foreach(json_object_get(result, "rules"), i, rule)
    {
        if (screen->human && !strcmp(ctl_text(rule, "outcome"), "skipped"))
            skipped++;
        else
            add_rule(table, rule, ctl_text(result, "channel"));
    }
    if (screen->human)
        put_answer(screen, result);
    else
        printf("why\t%s\t%lld\t%s\n", ctl_bool(result, "allowed") ? "yes" : "no",
               (long long)ctl_number(result, "rule"), ctl_text(result, "reason"));
    put_notes(screen, result);
    if (screen->human)
        putchar('\n');
    table_print(table, screen);
    if (skipped)
        printf("  %s(%zu more were not looked at)%s\n", paint_begin(screen, PAINT_DIM), skipped,
               paint_end(screen, PAINT_DIM));
    table_free(table);
    return CTL_OK;
}

void ctl_why_commands(struct ctl_command *commands)
{
    commands[COMMAND_MODULE_WHY].show = show_why;
}
