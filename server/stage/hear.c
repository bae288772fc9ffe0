#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/dotted.h"
#include "server/module/answers.h"
#include "server/say/raw_text.h"
#include "server/say/say_lines.h"
#include "server/stage/stage.h"

/* What comes from the host: texts, questions, logs. */

static void refuse_text(struct seshet_test *t, const char *target, const char *why)
{
    stage_log(t, 2, "nothing said to \"%.100s\": %s", target, why);
}

static int send_line(void *arg, const char *line, size_t len)
{
    struct seshet_test *t = arg;
    char *copy = xasprintf("%.*s", (int)len, line);
    record_add(&t->heard, copy);
    free(copy);
    return 0;
}

static void tell_cut(struct seshet_test *t, const char *target, size_t left)
{
    if (left)
        stage_log(t, 2, "a text to %s was cut, %zu bytes were left", target, left);
}

static void say_to_all(struct seshet_test *t, enum say_kind kind, const struct ipc_say *say,
                       const char *text)
{
    struct say_lines lines;
    char line[SAY_LINE_SIZE];
    say_lines_begin(&lines, t->state, kind, say->target, text, say->text_len);
    for (size_t len; (len = say_lines_next(&lines, line));)
        send_line(t, line, len);
    tell_cut(t, say->target, lines.left);
}

static struct answer answer_to(struct seshet_test *t, const struct more_person *who)
{
    return (struct answer){.state = t->state,
                           .more = t->more,
                           .now_ms = t->now_ms,
                           .prefix = STAGE_PREFIX,
                           .who = *who,
                           .send = send_line,
                           .arg = t};
}

/* To who caused the event, if somebody did. */
static bool say_to_source(struct generation *g, enum say_kind kind, const struct ipc_say *say,
                          const char *text)
{
    struct seshet_test *t = g->test;
    const struct ipc_event *e = g->running;
    const struct stage_user *user =
        e && !e->from_me && answer_can_wait(e->type) ? stage_user_get(t, e->nick) : NULL;
    size_t cut;
    if (!say->answer || !user)
        return false;
    const struct more_person who = {e->type == SESHET_NICK ? e->target : user->nick, user->user,
                                    user->host};
    struct answer answer = answer_to(t, &who);
    bool alone = irc_equal(irc_state_isupport(t->state)->casemapping, say->target, who.nick);
    answer.tally = &g->tally[alone];
    answer_say(&answer, kind, say->target, text, say->text_len, &cut);
    tell_cut(t, say->target, cut);
    return true;
}

static void hear_text(struct generation *g, const struct ipc_say *say)
{
    static const enum say_kind kinds[] = {[IPC_SAY_PRIVMSG] = SAY_PRIVMSG,
                                          [IPC_SAY_NOTICE] = SAY_NOTICE,
                                          [IPC_SAY_ACTION] = SAY_ACTION};
    struct seshet_test *t = g->test;
    const char *why = say_target_refused(t->state, say->target);
    if (!t->connected || why) {
        refuse_text(t, say->target, t->connected ? why : "the network is not connected");
        return;
    }
    char *text = xmemdup(say->text, say->text_len + 1);
    say_clean(text, say->text_len, kinds[say->kind]);
    if (!say_to_source(g, kinds[say->kind], say, text))
        say_to_all(t, kinds[say->kind], say, text);
    free(text);
}

void stage_more(struct seshet_test *t, const struct irc_event *event)
{
    const struct more_person who = {event->nick, event->user, event->host};
    struct answer answer = answer_to(t, &who);
    size_t cut;
    if (answer_more(&answer, event->reply_to, event->is_private) <= 0)
        return;
    char *none = xasprintf("%s%sThere is no more.", event->is_private ? "" : event->nick,
                           event->is_private ? "" : ": ");
    answer_say(&answer, SAY_PRIVMSG, event->reply_to, none, strlen(none), &cut);
    free(none);
}

static void hear_raw(struct seshet_test *t, const struct ipc_say *say)
{
    const char *why = raw_line_refused(say->text, say->text_len);
    if (!why && !t->connected)
        why = "the network is not connected";
    if (why)
        stage_log(t, 2, "a line was not sent: %s", why);
    else
        record_add(&t->heard, say->text);
}

static void hear_say(struct generation *g, const struct frame *f)
{
    struct ipc_say say;
    if (ipc_get_say(f, &say))
        return;
    if (g->says == IPC_EVENT_SAYS_MAX || g->say_bytes + say.text_len > IPC_EVENT_BYTES_MAX) {
        g->cut++;
        return;
    }
    g->says++;
    g->say_bytes += say.text_len;
    if (say.kind == IPC_SAY_RAW)
        hear_raw(g->test, &say);
    else
        hear_text(g, &say);
}

/* Keeps what the module declares. */
static void hear_module(struct generation *g, const struct frame *f)
{
    struct ipc_module module;
    if (ipc_get_module(f, &module))
        return;
    g->events = module.events;
    for (; g->ncommands < module.ncommands; g->ncommands++)
        g->commands[g->ncommands] = xstrdup(module.commands[g->ncommands].name);
    for (; g->ncapabilities < module.ncapabilities; g->ncapabilities++)
        g->capabilities[g->ncapabilities] = xstrdup(module.capabilities[g->ncapabilities]);
}

static void answer_field(struct seshet_test *t, const char *name, struct module_answer *answer)
{
    char why[REGISTRY_WHY_SIZE];
    enum module_field field;
    const char *command;
    if (module_field_parse_name(name, &field, &command, why, sizeof why) || command) {
        answer->status = SESHET_ENOTFOUND;
        return;
    }
    if (field == FIELD_CMD_PREFIX) /* the one in force, as in a server */
        buf_printf(&answer->text, "%c", stage_prefix(t));
    else
        module_fields_write(&t->fields, field, &answer->text);
    answer->status = (int32_t)answer->text.len;
    buf_append(&answer->text, "", 1);
}

static void answer_config(struct seshet_test *t, const char *key, struct module_answer *answer)
{
    const char *value = config_find(&t->fields.config, key);
    if (!value) {
        answer->status = config_key_valid(key) ? SESHET_ENOTFOUND : SESHET_EINVAL;
        return;
    }
    buf_append(&answer->text, value, strlen(value) + 1);
    answer->status = (int32_t)strlen(value);
}

/* Of the source of the event that is handled. */
static int32_t answer_capability(const struct generation *g, const char *name)
{
    struct capability c;
    char why[REGISTRY_WHY_SIZE];
    if (capability_parse(&c, name, why, sizeof why) || *c.network)
        return SESHET_EINVAL;
    if (!g->running || !*g->running->nick)
        return SESHET_ENOTFOUND;
    return rights_has(g->rights, irc_state_isupport(g->test->state)->casemapping, &c);
}

/* Redis remembers it. */
static int32_t answer_first(struct seshet_test *t)
{
    if (t->storage_away)
        return SESHET_ESTORAGE;
    bool first = !t->installed;
    t->installed = true;
    return first;
}

static void answer_storage(struct seshet_test *t, const struct ipc_ask *ask,
                           struct module_answer *answer)
{
    if (ask->scope == SESHET_SESSION) {
        module_answer_session(t->session, t->network, STAGE_OWNER, ask, answer);
        return;
    }
    if (t->storage_away) {
        answer->status = SESHET_ESTORAGE;
        return;
    }
    module_answer_session(t->storage, ask->scope == SESHET_HERE ? t->network : "", STAGE_OWNER, ask,
                          answer);
    /* Redis refuses to add to what is no number. */
    if (ask->op == IPC_INCREMENT && answer->status < 0)
        answer->status = SESHET_ESTORAGE;
}

static void hear_ask(struct generation *g, const struct frame *f)
{
    struct ipc_ask ask;
    struct module_answer answer = {0};
    if (ipc_get_ask(f, &ask))
        return;
    switch (ask.op) {
    case IPC_MEMBER_MODES:
    case IPC_MEMBERS:
    case IPC_TOPIC:
        module_answer_channel(g->test->state, &ask, &answer);
        break;
    case IPC_FIELD:
        answer_field(g->test, ask.key, &answer);
        break;
    case IPC_CONFIG:
        answer_config(g->test, ask.key, &answer);
        break;
    case IPC_CAPABILITY:
        answer.status = answer_capability(g, ask.key);
        break;
    case IPC_FIRST:
        answer.status = answer_first(g->test);
        break;
    case IPC_TIMER:
    case IPC_CANCEL:
        answer.status = timers_ask(g, &ask, &answer.number);
        break;
    default:
        answer_storage(g->test, &ask, &answer);
    }
    ipc_put_answer(&g->host.wire.in,
                   &(struct ipc_answer){.question = ask.question,
                                        .status = answer.status,
                                        .number = answer.number,
                                        .value = answer.text.len ? buf_data(&answer.text) : ""});
    buf_free(&answer.text);
}

void generation_hear(struct generation *g, const struct frame *f)
{
    struct ipc_log log;
    struct ipc_failed failed;
    switch (f->type) {
    case FRAME_SAY:
        hear_say(g, f);
        return;
    case FRAME_ASK:
        hear_ask(g, f);
        return;
    case FRAME_MODULE:
        hear_module(g, f);
        return;
    case FRAME_LOG:
        if (!ipc_get_log(f, &log))
            stage_log(g->test, log.level, "%s", log.text);
        return;
    case FRAME_FAILED:
        if (!ipc_get_failed(f, &failed))
            snprintf(g->why, sizeof g->why, "%s", failed.text);
        return;
    default: /* HOST_HELLO, LOADED, READY, DONE, STOPPED: what is called returns */
        return;
    }
}
