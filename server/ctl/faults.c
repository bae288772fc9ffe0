#include "server/ctl/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/xmalloc.h"
#include "server/ctl/value.h"

static const struct column columns[] = {
    {.title = "FAULTS OF"},
    {.title = "ON"},
    {.title = "COUNT", .right = true},
    {.title = "QUARANTINED"},
    {.title = "LAST"},
    {.title = "IN", .rank = 1, .least = 8},
    {.title = "AT", .rank = 2, .least = 10},
    {.title = "REASON", .raw = true},
};

static void add_time(struct table *table, int64_t ms)
{
    char text[40] = "-";
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (ms && localtime_r(&seconds, &parts))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    table_add(table, PAINT_NONE, text, NULL);
}

static void add_row(struct table *table, const json_t *fault)
{
    bool quarantined = ctl_bool(fault, "quarantined");
    const char *doing = ctl_text(fault, "doing");
    cell_text(table, fault, "module");
    cell_text(table, fault, "network");
    table_add_number(table, ctl_number(fault, "count"));
    table_add(table, quarantined ? PAINT_BAD : PAINT_NONE, quarantined ? "yes" : "no", NULL);
    cell_text(table, fault, "kind");
    table_add(table, PAINT_NONE, doing, *doing ? NULL : "-");
    add_time(table, ctl_number(fault, "at_ms"));
    table_add(table, PAINT_NONE, ctl_text(fault, "reason"), NULL);
}

/* A person reads below the table what has no room in it. */
static void add_note(const struct screen *screen, const json_t *fault)
{
    bool quarantined = ctl_bool(fault, "quarantined");
    char *about = xasprintf("%s on %s", ctl_text(fault, "module"), ctl_text(fault, "network"));
    char *text = xasprintf("%s%s", quarantined ? "quarantined: " : "",
                           ctl_text(fault, quarantined ? "why" : "reason"));
    put_note(screen, quarantined ? PAINT_BAD : PAINT_WARN, about, text);
    free(about);
    free(text);
}

void show_faults(const struct screen *screen, const json_t *faults)
{
    size_t i;
    const json_t *fault;
    if (!json_array_size(faults))
        return;
    struct table *table = TABLE("fault", columns);
    json_array_foreach(faults, i, fault)
    {
        add_row(table, fault);
    }
    if (screen->human)
        putchar('\n');
    table_print(table, screen);
    table_free(table);
    json_array_foreach(faults, i, fault)
    {
        add_note(screen, fault);
    }
}
