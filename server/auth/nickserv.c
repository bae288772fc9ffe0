/*
 * Asking NickServ who somebody is, where the network does not tell by itself.
 *
 * An answer is believed when it comes from NickServ's own address and a question about that nick is
 * open. The address is configured (services.host), or learned from a WHOIS that says, by numeric
 * 313 (ngircd: 310), that the network itself calls it a service or an operator: who took the nick
 * while services were away is none. An answer names nothing but the nick, so there is one question
 * for a nick at a time: a nick that was given up while a question was open is not asked about again
 * until that question has been answered, or is so old that no answer can come.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "server/auth/internal.h"
#include "server/auth/nickserv_reply.h"

#define MAX_QUESTIONS         64
#define MAX_QUESTIONS_OF_HOST 4
#define ANSWER_MS             10000 /* later answers do not count */
#define VOID_MS               45000 /* until a question without an answer is forgotten */
#define KNOWN_MS              30000 /* how long an answer counts, while we see him */
#define NOT_KNOWN_MS          3000  /* and the answer that he has not identified */
#define LEARN_MS              10000 /* until a WHOIS without an end is asked again */

enum question_state {
    QUESTION_WAITS, /* for NickServ's address */
    QUESTION_ASKED,
    QUESTION_VOID,    /* its answer counts for nobody */
    QUESTION_ANSWERED /* account tells */
};

struct question {
    UT_hash_handle hh;
    char *nick; /* folded: the key */
    char *said; /* the nick as it was written */
    char *user;
    char *host;
    enum question_state state;
    int64_t since_ms; /* when it was asked, or answered */
    bool unseen;      /* shared no channel with us when it was answered */
    char account[NICKSERV_MAX_WORD + 1];
};

enum learn_state { LEARN_NONE, LEARN_ASKED, LEARN_KNOWN };

struct nickserv {
    struct question *questions;
    enum learn_state learn;
    int64_t learn_ms;
    bool has_address;
    bool trusted; /* the network calls it a service */
    char user[AUTH_MAX_NICK + 1];
    char host[AUTH_MAX_NICK + 1];
    bool by_status; /* it did not know ACC */
    int64_t warned_ms;
};

struct nickserv *nickserv_new(struct auth *a)
{
    (void)a;
    return xcalloc(1, sizeof(struct nickserv));
}

static void drop(struct nickserv *ns, struct question *q)
{
    HASH_DEL(ns->questions, q);
    free(q->nick);
    free(q->said);
    free(q->user);
    free(q->host);
    free(q);
}

static void reset(struct nickserv *ns)
{
    struct question *q;
    struct question *next;
    HASH_ITER(hh, ns->questions, q, next)
    {
        drop(ns, q);
    }
    *ns = (struct nickserv){0};
}

void nickserv_free(struct nickserv *ns)
{
    reset(ns);
    free(ns);
}

static struct question *find(const struct auth *a, const char *nick)
{
    char folded[AUTH_MAX_NICK + 1];
    struct question *q = NULL;
    auth_fold(a, folded, nick);
    HASH_FIND_STR(a->nickserv->questions, folded, q);
    return q;
}

static bool is_of(const struct question *q, const struct auth_source *source)
{
    return !strcmp(q->user, source->user) && !strcmp(q->host, source->host);
}

static void warn(struct auth *a, const char *text)
{
    struct nickserv *ns = a->nickserv;
    int64_t now_ms = auth_now(a);
    if (ns->warned_ms && now_ms - ns->warned_ms < 60000)
        return;
    ns->warned_ms = now_ms;
    log_warn("auth.nickserv", LOG_NETWORK(a->network->key), "%s", text);
}

/* ---- What is known ----------------------------------------------------------------------------
 */

static bool is_fresh(const struct auth *a, const struct question *q)
{
    int64_t known_ms = q->unseen ? AUTH_UNSEEN_KNOWN_MS : KNOWN_MS;
    return auth_now(a) - q->since_ms < (*q->account ? known_ms : NOT_KNOWN_MS);
}

bool nickserv_known(const struct auth *a, const struct auth_source *source, const char **account)
{
    const struct question *q = find(a, source->nick);
    if (!q || q->state != QUESTION_ANSWERED || !is_of(q, source) || !is_fresh(a, q))
        return false;
    *account = *q->account ? q->account : NULL;
    return true;
}

/* ---- Asking -----------------------------------------------------------------------------------
 */

static bool by_status(const struct auth *a)
{
    switch (a->network->conf->services.style) {
    case CONF_SERVICES_ACC:
        return false;
    case CONF_SERVICES_STATUS:
        return true;
    case CONF_SERVICES_AUTO:
        break;
    }
    return a->nickserv->by_status;
}

static void send_question(struct auth *a, struct question *q)
{
    const struct network *n = a->network;
    const char *nickserv = n->conf->services.nickserv;
    q->state = QUESTION_ASKED;
    q->since_ms = auth_now(a);
    if (by_status(a))
        conn_send(n->conn, CONN_NORMAL, "PRIVMSG %s :STATUS %s", nickserv, q->said);
    else
        conn_send(n->conn, CONN_NORMAL, "PRIVMSG %s :ACC %s *", nickserv, q->said);
}

static bool has_address(const struct auth *a)
{
    return a->network->conf->services.host || a->nickserv->learn == LEARN_KNOWN;
}

static void learn(struct auth *a)
{
    struct nickserv *ns = a->nickserv;
    int64_t now_ms = auth_now(a);
    if (ns->learn == LEARN_ASKED && now_ms - ns->learn_ms < LEARN_MS)
        return;
    ns->learn = LEARN_ASKED;
    ns->learn_ms = now_ms;
    ns->has_address = ns->trusted = false;
    conn_send(a->network->conn, CONN_NORMAL, "WHOIS %s", a->network->conf->services.nickserv);
}

/* What is too old to matter. */
static void forget_old(struct auth *a)
{
    struct nickserv *ns = a->nickserv;
    struct question *q;
    struct question *next;
    int64_t now_ms = auth_now(a);
    HASH_ITER(hh, ns->questions, q, next)
    {
        int64_t age_ms = now_ms - q->since_ms;
        if (q->state == QUESTION_ASKED && age_ms > ANSWER_MS) {
            q->state = QUESTION_VOID;
            ns->learn = LEARN_NONE; /* it may have another address now */
        }
        if ((q->state == QUESTION_ANSWERED && !is_fresh(a, q)) ||
            (q->state == QUESTION_WAITS && age_ms > LEARN_MS) || age_ms > VOID_MS)
            drop(ns, q);
    }
}

/* One host with many nicks must not keep others from being asked about. */
static unsigned questions_of(const struct nickserv *ns, const char *host)
{
    unsigned count = 0;
    for (const struct question *q = ns->questions; q; q = q->hh.next)
        count += (q->state == QUESTION_WAITS || q->state == QUESTION_ASKED) &&
                 !strcasecmp(q->host, host);
    return count;
}

bool nickserv_ask(struct auth *a, const struct auth_source *source, const char **why)
{
    struct nickserv *ns = a->nickserv;
    char folded[AUTH_MAX_NICK + 1];
    *why = NULL;
    forget_old(a);
    struct question *q = find(a, source->nick);
    if (q && q->state == QUESTION_ANSWERED) {
        drop(ns, q);
        q = NULL;
    }
    if (q)
        return true;
    if (questions_of(ns, source->host) >= MAX_QUESTIONS_OF_HOST) {
        *why = "you have asked for several nicks at once; say it again in a moment";
        return false;
    }
    if (HASH_COUNT(ns->questions) >= MAX_QUESTIONS) {
        *why = "too many are being asked about at NickServ now";
        return false;
    }
    q = xcalloc(1, sizeof *q);
    q->nick = xstrdup(auth_fold(a, folded, source->nick));
    q->said = xstrdup(source->nick);
    q->user = xstrdup(source->user);
    q->host = xstrdup(source->host);
    q->since_ms = auth_now(a);
    HASH_ADD_KEYPTR(hh, ns->questions, q->nick, strlen(q->nick), q);
    if (has_address(a))
        send_question(a, q);
    else
        learn(a);
    return true;
}

void nickserv_sweep(struct auth *a)
{
    forget_old(a);
}

/* ---- Learning its address ---------------------------------------------------------------------
 */

/* RPL_WHOISUSER, RPL_WHOISOPERATOR, ngircd's RPL_WHOISSERVICE, RPL_ENDOFWHOIS */
void nickserv_numeric(struct auth *a, const struct irc_msg *msg)
{
    struct nickserv *ns = a->nickserv;
    const char *nickserv = a->network->conf->services.nickserv;
    if (ns->learn != LEARN_ASKED || !irc_equal(auth_casemapping(a), irc_param(msg, 1), nickserv))
        return;
    if (msg->numeric == 311) {
        ns->has_address = str_copy(ns->user, sizeof ns->user, irc_param(msg, 2)) &&
                          str_copy(ns->host, sizeof ns->host, irc_param(msg, 3));
    } else if (msg->numeric == 313 ||
               (msg->numeric == 310 && strcasestr(irc_param(msg, 2), "service"))) {
        ns->trusted = true;
    } else if (msg->numeric == 318) {
        struct question *q;
        struct question *next;
        bool good = ns->has_address && ns->trusted;
        ns->learn = good ? LEARN_KNOWN : LEARN_NONE;
        if (!good)
            warn(a, ns->has_address
                        ? "the network does not say that NickServ is a service (WHOIS, 313): write "
                          "its host into the network's file, services = { host = \"...\"; }"
                        : "there is no NickServ here: who is who cannot be asked");
        HASH_ITER(hh, ns->questions, q, next)
        {
            if (q->state != QUESTION_WAITS)
                continue;
            if (good)
                send_question(a, q);
            else
                drop(ns, q);
        }
    }
}

/* ---- Answers ----------------------------------------------------------------------------------
 */

static bool is_nickserv(struct auth *a, const struct irc_event *event)
{
    const struct nickserv *ns = a->nickserv;
    const struct conf_network *conf = a->network->conf;
    if (!irc_equal(auth_casemapping(a), event->nick, conf->services.nickserv))
        return false;
    bool right = conf->services.host ? !strcasecmp(event->host, conf->services.host)
                                     : ns->learn == LEARN_KNOWN && !strcmp(event->user, ns->user) &&
                                           !strcmp(event->host, ns->host);
    if (!right)
        warn(a, "somebody has the nick of NickServ who is not it: what he says does not count");
    return right;
}

/* It does not know ACC: it may know STATUS. */
static void ask_again(struct auth *a)
{
    struct nickserv *ns = a->nickserv;
    struct question *q;
    struct question *next;
    if (a->network->conf->services.style != CONF_SERVICES_AUTO || ns->by_status) {
        warn(a, "NickServ knows neither ACC nor STATUS: who is who cannot be asked");
        return;
    }
    ns->by_status = true;
    HASH_ITER(hh, ns->questions, q, next)
    {
        if (q->state == QUESTION_ASKED)
            send_question(a, q);
    }
}

static void take_answer(struct auth *a, struct question *q, const struct nickserv_reply *reply)
{
    char nick[AUTH_MAX_NICK + 1];
    char user[AUTH_MAX_NICK + 1];
    char host[AUTH_MAX_NICK + 1];
    bool counts = q->state == QUESTION_ASKED && auth_now(a) - q->since_ms <= ANSWER_MS;
    str_copy(nick, sizeof nick, q->said);
    if (!counts) {
        drop(a->nickserv, q); /* now the nick can be asked about again */
        return;
    }
    q->state = QUESTION_ANSWERED;
    q->since_ms = auth_now(a);
    str_copy(q->account, sizeof q->account, reply->account);
    log_debug("auth.nickserv", LOG_NETWORK(a->network->key), "%s is %s", nick,
              *reply->account ? reply->account : "not identified");
    /* Whom we cannot see may be somebody else by now: the answer was about the nick's holder. */
    q->unseen = !irc_user_find(a->network->state, nick);
    if (q->unseen) {
        pending_say_again(a, nick, *q->account);
        return;
    }
    str_copy(user, sizeof user, q->user);
    str_copy(host, sizeof host, q->host);
    pending_run(a, &(struct auth_source){nick, user, host, NULL});
}

bool auth_nickserv_notice(struct network *n, const struct irc_event *event)
{
    struct auth *a = n->auth;
    struct nickserv_reply reply;
    if (event->type != EVENT_NOTICE || !event->is_private || event->from_me ||
        !a->nickserv->questions || !is_nickserv(a, event))
        return false;
    nickserv_reply_parse(&reply, event->text);
    if (reply.kind == NICKSERV_UNKNOWN)
        ask_again(a);
    struct question *q = reply.kind == NICKSERV_ANSWER ? find(a, reply.nick) : NULL;
    bool open = q && (q->state == QUESTION_ASKED || q->state == QUESTION_VOID);
    if (open)
        take_answer(a, q, &reply);
    return reply.kind == NICKSERV_UNKNOWN || open;
}

/* ---- Following the network --------------------------------------------------------------------
 */

/* The nick is not his any more, or will not be seen. */
static void give_up(struct auth *a, const char *nick)
{
    struct question *q = find(a, nick);
    if (q && (q->state == QUESTION_WAITS || q->state == QUESTION_ANSWERED))
        drop(a->nickserv, q);
    else if (q)
        q->state = QUESTION_VOID;
}

static void give_up_all(struct auth *a)
{
    struct question *q;
    struct question *next;
    HASH_ITER(hh, a->nickserv->questions, q, next)
    {
        give_up(a, q->nick);
    }
}

void nickserv_observe(struct auth *a, const struct irc_event *event)
{
    if (event->type == EVENT_DISCONNECTED) {
        reset(a->nickserv);
        return;
    }
    if (!a->nickserv->questions)
        return;
    const struct auth_source source = auth_source_of(event);
    const struct question *q = *event->nick ? find(a, event->nick) : NULL;
    if (q && *event->user && *event->host && !is_of(q, &source))
        give_up(a, event->nick);
    if (event->type == EVENT_QUIT || event->type == EVENT_PART || event->type == EVENT_NICK)
        give_up(a, event->nick);
    if (event->type == EVENT_NICK || event->type == EVENT_KICK)
        give_up(a, event->target);
    bool ours = event->from_me ||
                (event->type == EVENT_KICK && irc_state_is_me(a->network->state, event->target));
    if (ours && (event->type == EVENT_PART || event->type == EVENT_KICK))
        give_up_all(a);
}
