/*
 * remind: reminds people of what they asked for, where they asked for it. Reminders are in storage
 * (see list.h): they survive reloads, crashes and restarts; one that was missed comes late, and
 * says so. One that is due while the bot is away from its channel waits for it, up to a week.
 *
 * A reminder is said by whoever takes it out of the storage, so that it is said once. Only when the
 * storage is away just then is it said all the same, and might be said again after a crash.
 */
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "modules/common/may.h"
#include "modules/common/phrase.h"
#include "modules/common/place.h"
#include "modules/common/who.h"
#include "modules/remind/list.h"
#include "modules/remind/when.h"

enum {
    PER_NICK = 10,
    LATE_MS = 60000,
    RETRY_MS = 30000,
    LOOK_MS = 3600000, /* at the latest, should the clock be set */
    SHOWN = 5,
    SHOWN_TEXT = 50
};
static const int64_t GIVE_UP_MS = 7 * INT64_C(86400000);

/* In SESSION: the bot is off the network. It survives what this host does not. */
static const char away_key[] = "away";
static int is_away;

static int64_t timer; /* 0: none */

static void on_timer(seshet_ctx *ctx, void *arg);

static int64_t time_of(const struct reminder *r)
{
    return r->due > r->next_try ? r->due : r->next_try;
}

/* One timer, for the next thing to do. */
static void arm(seshet_ctx *ctx, int64_t first)
{
    int64_t now = seshet_now(ctx);
    for (size_t i = 0; i < list_count() && !is_away; i++)
        if (!first || time_of(list_at(i)) < first)
            first = time_of(list_at(i));
    if (timer)
        seshet_cancel(ctx, timer);
    timer = 0;
    if (!first)
        return;
    int64_t ms = first - now;
    timer = seshet_later(ctx, ms < 1 ? 1 : ms > LOOK_MS ? LOOK_MS : ms, on_timer, NULL);
    if (timer < 0) {
        seshet_log(ctx, 3, "no timer, reminders will be late: %s", seshet_strerror((int)timer));
        timer = 0;
    }
}

/* ---- Reminding ------------------------------------------------------------------------------- */

static int can_say(seshet_ctx *ctx, const struct reminder *r)
{
    char modes[32];
    return !r->channel[0] ||
           seshet_member_modes(ctx, r->channel, seshet_own_nick(ctx), modes, sizeof modes) >= 0;
}

static void say(seshet_ctx *ctx, const struct reminder *r, int64_t now)
{
    char age[32];
    char late[96] = "";
    char delay[32];
    phrase_duration(age, sizeof age, now - r->set);
    phrase_duration(delay, sizeof delay, now - r->due);
    if (now - r->due >= LATE_MS)
        snprintf(late, sizeof late, " (this comes %s late, I could not say it before)", delay);
    if (r->channel[0])
        seshet_say(ctx, r->channel, "%s: you wanted to be reminded, %s ago: %s%s", r->nick, age,
                   r->text, late);
    else
        seshet_say(ctx, r->nick, "You wanted to be reminded, %s ago: %s%s", age, r->text, late);
}

/* Does what can be done about one that is due. Whether it is done, and can be dropped. */
static int settle(seshet_ctx *ctx, struct reminder *r, int64_t now)
{
    int give_up = now - r->due > GIVE_UP_MS;
    r->next_try = now + RETRY_MS;
    if (!r->said && !give_up && !can_say(ctx, r))
        return 0;
    int taken = list_take(ctx, r);
    if (!r->said && give_up)
        seshet_log(ctx, 2, "reminder %" PRId64 " for %s is dropped: a week late, and not in %s",
                   r->number, r->nick, r->channel);
    else if (!r->said && taken)
        say(ctx, r, now);
    if (taken >= 0)
        return 1;
    seshet_log(ctx, 2, "reminder %" PRId64 " cannot be taken out of the storage: %s; trying again",
               r->number, seshet_strerror(taken));
    r->said = 1;
    return 0;
}

/* The storage is read, what is due is said, and the timer is set for what comes next. */
static void look(seshet_ctx *ctx)
{
    int64_t now = seshet_now(ctx);
    int error = list_read(ctx);
    if (error)
        seshet_log(ctx, 2, "cannot read the reminders: %s; trying again", seshet_strerror(error));
    for (size_t i = list_count(); i-- > 0 && !is_away;)
        if (time_of(list_at(i)) <= now && settle(ctx, list_at(i), now))
            list_drop(list_at(i));
    arm(ctx, error ? now + RETRY_MS : 0);
}

static void on_timer(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    timer = 0;
    look(ctx);
}

static int load(seshet_ctx *ctx)
{
    char value[8];
    is_away = seshet_get(ctx, SESHET_SESSION, away_key, value, sizeof value) >= 0;
    int error = list_read(ctx); /* nothing may be said here: the timer does */
    arm(ctx, error ? seshet_now(ctx) + 1 : 0);
    return 0;
}

static void on_disconnected(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    is_away = 1;
    seshet_set(ctx, SESHET_SESSION, away_key, "1");
    arm(ctx, 0);
}

static void on_connected(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    is_away = 0;
    seshet_delete(ctx, SESHET_SESSION, away_key);
    look(ctx);
}

/* The bot is back in a channel: what waited for that need not wait longer. */
static void on_join(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!ev->from_me)
        return;
    for (size_t i = 0; i < list_count(); i++)
        if (seshet_casecmp(ctx, list_at(i)->channel, ev->channel) == 0)
            list_at(i)->next_try = 0;
    look(ctx);
}

/* ---- Commands -------------------------------------------------------------------------------- */

static int is_mine(seshet_ctx *ctx, const seshet_event *ev, const struct reminder *r)
{
    return !r->said && who_is(ctx, ev, r->who, r->nick);
}

static void say_set(seshet_ctx *ctx, const struct reminder *r, int64_t now)
{
    char in[32];
    char at[32] = "";
    struct tm tm;
    time_t seconds = (time_t)(r->due / 1000);
    phrase_duration(in, sizeof in, r->due - now);
    if (gmtime_r(&seconds, &tm))
        strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", &tm);
    seshet_reply(ctx, "I will remind you in %s (%s UTC); it is number %" PRId64 ".", in, at,
                 r->number);
}

static void set(seshet_ctx *ctx, const seshet_event *ev, const char *args)
{
    char why[WHEN_WHY_SIZE];
    char text[1024];
    int64_t now = seshet_now(ctx);
    struct reminder r = {.set = now};
    const char *rest = when_parse(args, now, &r.due, why);
    if (!rest) {
        seshet_reply(ctx, "%s.", why);
        return;
    }
    const char *to = phrase_after(rest, "to");
    to = to ? to : phrase_after(rest, "that");
    phrase_clean(text, sizeof text, to ? to : rest);
    if (!text[0] || strlen(text) > LIST_TEXT_MAX) {
        seshet_reply(ctx, "Of what? I keep 1 to %d bytes; you gave %zu.", LIST_TEXT_MAX,
                     strlen(text));
        return;
    }
    int mine = 0;
    for (size_t i = 0; i < list_count(); i++)
        mine += is_mine(ctx, ev, list_at(i));
    if (mine >= PER_NICK) {
        seshet_reply(ctx, "You have %d reminders already; cancel one first.", mine);
        return;
    }
    phrase_copy(r.text, sizeof r.text, text);
    phrase_copy(r.nick, sizeof r.nick, ev->nick);
    who_write(ctx, ev, r.who);
    phrase_copy(r.channel, sizeof r.channel, ev->is_private ? "" : ev->channel);
    int error = list_add(ctx, &r);
    if (error == SESHET_ESIZE)
        seshet_reply(ctx, "I keep %d reminders already; that is enough.", LIST_MAX);
    else if (error)
        place_storage_failed(ctx, "save that", error);
    else
        say_set(ctx, &r, now);
    arm(ctx, 0);
}

struct listed {
    const struct reminder *r;
};

static int by_due(const void *a, const void *b)
{
    const struct listed *x = a;
    const struct listed *y = b;
    return (x->r->due > y->r->due) - (x->r->due < y->r->due);
}

/* In a channel those of the channel alone: the others are not for everybody. */
static void list(seshet_ctx *ctx, const seshet_event *ev)
{
    struct listed mine[LIST_MAX];
    char text[SHOWN * (SHOWN_TEXT + 80)] = "";
    size_t n = 0;
    size_t len = 0;
    for (size_t i = 0; i < list_count(); i++) {
        const struct reminder *r = list_at(i);
        if (is_mine(ctx, ev, r) &&
            (ev->is_private || seshet_casecmp(ctx, r->channel, ev->channel) == 0))
            mine[n++].r = r;
    }
    qsort(mine, n, sizeof *mine, by_due);
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        char in[32];
        char words[SHOWN_TEXT + 1];
        int64_t left = mine[i].r->due - seshet_now(ctx);
        phrase_duration(in, sizeof in, left);
        phrase_copy(words, sizeof words, mine[i].r->text);
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%" PRId64 " in %s: %s",
                             i ? "; " : "", mine[i].r->number, left > 0 ? in : "a moment", words);
    }
    if (!n)
        seshet_reply(ctx, "You have no reminders here.");
    else if (n > SHOWN)
        seshet_reply(ctx, "%s; and %zu more", text, n - SHOWN);
    else
        seshet_reply(ctx, "%s", text);
}

static void cancel(seshet_ctx *ctx, const seshet_event *ev, const char *args)
{
    char *end;
    args += *args == '#';
    struct reminder *r = list_find(strtoll(args, &end, 10));
    int mine = r && !*end && is_mine(ctx, ev, r);
    int here = r && !*end && !ev->is_private && r->channel[0] &&
               seshet_casecmp(ctx, r->channel, ev->channel) == 0;
    if (!mine && !here) {
        seshet_reply(ctx, "You have no reminder of that number; see: %s list", ev->command);
        return;
    }
    if (!mine && !may_manage_or_tell(ctx, ev, ev->channel, "cancel what others are reminded of"))
        return;
    int taken = list_take(ctx, r);
    if (taken < 0) {
        place_storage_failed(ctx, "save that", taken);
        return;
    }
    seshet_reply(ctx, "Reminder %" PRId64 " is cancelled.", r->number);
    list_drop(r);
    arm(ctx, 0);
}

static void remind(seshet_ctx *ctx, const seshet_event *ev)
{
    const char *args = phrase_after(ev->args, "me");
    const char *rest;
    args = args ? args : ev->args;
    int error = list_read(ctx);
    if (error)
        place_storage_failed(ctx, "read my list of reminders", error);
    else if (!args[0])
        seshet_reply(ctx,
                     "When, and of what? %s in 10m TEXT, %s at 14:30 TEXT, %s list, %s cancel "
                     "NUMBER",
                     ev->command, ev->command, ev->command, ev->command);
    else if (phrase_after(args, "list"))
        list(ctx, ev);
    else if ((rest = phrase_after(args, "cancel")))
        cancel(ctx, ev, rest);
    else
        set(ctx, ev, args);
}

/* clang-format off */
SESHET_MODULE(
    .name = "remind", .version = "1.0", .description = "Reminds people of what they asked for.",
    .commands = SESHET_COMMANDS(
        { "remind", remind, .usage = "WHEN TEXT | list | cancel NUMBER",
          .help = "Remind you of the text: in 1h30m, at 14:30, tomorrow at 9:00, on friday, on "
                  "2026-12-24 at 18:00 +01:00. Times are UTC unless you say otherwise." }),
    .events = SESHET_EVENTS(
        { SESHET_CONNECTED, on_connected }, { SESHET_DISCONNECTED, on_disconnected },
        { SESHET_JOIN, on_join }),
    .load = load,
    .capabilities = SESHET_CAPABILITIES("remind.manage"),
)
