#include "server/stage/stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"

#define BEGIN_MS INT64_C(1767225600000) /* 2026-01-01 00:00:00 UTC */

seshet_test *seshet_test_new(void)
{
    seshet_test *t = xmalloc(sizeof *t);
    *t = (seshet_test){.network = xstrdup("test"),
                       .casemapping = xstrdup("rfc1459"),
                       .session = module_sessions_new(SESSION_MAX_BYTES),
                       .storage = module_sessions_new(SIZE_MAX),
                       .now_ms = BEGIN_MS};
    module_fields_init(&t->fields);
    t->fields.enabled = true;
    t->more = more_new();
    t->state = irc_state_new("bot", route_event, t);
    stage_connect(t);
    return t;
}

static int switch_on(seshet_test *t, char *why, size_t why_size)
{
    t->generation = generation_load(t, t->file, why, why_size);
    if (!t->generation)
        return -1;
    generation_send_life(t->generation, IPC_EVENT_ENABLED);
    return 0;
}

static void switch_off(seshet_test *t, unsigned type)
{
    generation_send_life(t->generation, type);
    generation_end(t->generation, true);
    t->generation = NULL;
}

int seshet_test_load(seshet_test *t, const char *file, char *why, size_t why_size)
{
    if (t->generation || !t->fields.enabled) {
        snprintf(why, why_size,
                 t->generation ? "a module is loaded already" : "the module is not enabled");
        return -1;
    }
    free(t->file);
    t->file = xstrdup(file);
    return switch_on(t, why, why_size);
}

int seshet_test_enable(seshet_test *t, int on)
{
    char why[SESHET_TEST_WHY_SIZE];
    bool was = t->fields.enabled;
    t->fields.enabled = on != 0;
    if (was && !on && t->generation)
        switch_off(t, IPC_EVENT_DISABLED);
    if (was || !on || !t->file || !switch_on(t, why, sizeof why))
        return 0;
    stage_log(t, 3, "the module is refused: %s", why);
    return -1;
}

int seshet_test_remove(seshet_test *t)
{
    if (!t->generation)
        return -1;
    switch_off(t, IPC_EVENT_REMOVED);
    free(t->file);
    t->file = NULL;
    return 0;
}

seshet_test *seshet_test_open(const char *file, char *why, size_t why_size)
{
    seshet_test *t = seshet_test_new();
    if (!seshet_test_load(t, file, why, why_size))
        return t;
    seshet_test_close(t);
    return NULL;
}

/* The new one is there before the old one goes, as in a server. */
int seshet_test_reload(seshet_test *t, char *why, size_t why_size)
{
    if (!t->file || !t->fields.enabled) {
        snprintf(why, why_size, t->file ? "the module is not enabled" : "no module was loaded");
        return -1;
    }
    struct generation *old = t->generation;
    struct generation *next = generation_load(t, t->file, why, why_size);
    if (!next)
        return -1;
    t->generation = next;
    generation_end(old, true);
    return 0;
}

int seshet_test_restart(seshet_test *t, char *why, size_t why_size)
{
    generation_end(t->generation, false);
    t->generation = NULL;
    return seshet_test_reload(t, why, why_size);
}

void seshet_test_close(seshet_test *t)
{
    if (!t)
        return;
    generation_end(t->generation, true);
    t->generation = NULL;
    irc_state_free(t->state);
    more_free(t->more);
    module_sessions_free(t->session);
    module_sessions_free(t->storage);
    module_fields_clear(&t->fields);
    stage_users_free(t);
    record_clear(&t->heard);
    record_clear(&t->logged);
    free(t->network);
    free(t->casemapping);
    free(t->file);
    free(t);
}

const char *seshet_test_heard(seshet_test *t)
{
    return record_take(&t->heard);
}

const char *seshet_test_logged(seshet_test *t)
{
    return record_take(&t->logged);
}

void seshet_test_skip(seshet_test *t)
{
    record_clear(&t->heard);
    record_clear(&t->logged);
}
