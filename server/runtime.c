#include "server/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "conf/conf.h"
#include "net/link/conn.h"
#include "registry/accounts.h"
#include "registry/registry.h"

struct runtime {
    const struct accounts *from; /* what was followed last; a reference */
    bool *left;                  /* for each channel of the file */
    size_t nleft;
};

static struct runtime *runtime_of(struct network *n)
{
    if (!n->runtime) {
        n->runtime = xcalloc(1, sizeof *n->runtime);
        n->runtime->nleft = n->conf->nchannels;
        n->runtime->left = xcalloc(n->runtime->nleft + 1, sizeof *n->runtime->left);
    }
    return n->runtime;
}

void runtime_free(struct runtime *runtime)
{
    if (!runtime)
        return;
    accounts_unref(runtime->from);
    free(runtime->left);
    free(runtime);
}

static const struct network_record *record_of(const struct network *n)
{
    return accounts_network(snapshot_accounts(registry_snapshot(n->server->registry)), n->key);
}

static enum casemapping casemapping_of(const struct network *n)
{
    return irc_state_isupport(n->state)->casemapping;
}

/* The channel's number in the file; -1: it is not there. */
static long in_file(const struct network *n, const struct conf_network *conf, const char *channel)
{
    for (size_t i = 0; i < conf->nchannels; i++)
        if (irc_equal(casemapping_of(n), conf->channels[i].name, channel))
            return (long)i;
    return -1;
}

/* Of the file, without those that were left, then of the registry. The caller frees it. */
static struct conn_channel *merge(const struct network *n, const struct conf_network *conf,
                                  const bool *left, size_t *count)
{
    const struct network_record *record = record_of(n);
    size_t more = record && record->channels ? record->channels->count : 0;
    struct conn_channel *list = xcalloc(conf->nchannels + more + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; i < conf->nchannels; i++)
        if (!left || !left[i])
            list[(*count)++] = (struct conn_channel){conf->channels[i].name, conf->channels[i].key};
    for (size_t i = 0; i < more; i++)
        if (in_file(n, conf, record->channels->items[i]) < 0)
            list[(*count)++] = (struct conn_channel){.name = record->channels->items[i]};
    return list;
}

static void set_channels(struct network *n)
{
    size_t count;
    struct conn_channel *list = merge(n, n->conf, runtime_of(n)->left, &count);
    conn_set_channels(n->conn, list, count);
    free(list);
}

struct conn_channel *runtime_config(const struct network *n, const struct conf_network *conf,
                                    struct conn_config *config)
{
    const struct network_record *record = record_of(n);
    struct conn_channel *list = merge(n, conf, NULL, &config->nchannels);
    config->channels = list;
    if (record && *record->nick)
        config->nick = record->nick;
    return list;
}

void runtime_begin(struct network *n)
{
    runtime_free(n->runtime);
    n->runtime = NULL;
    runtime_of(n)->from = accounts_ref(snapshot_accounts(registry_snapshot(n->server->registry)));
}

void runtime_follow(struct network *n)
{
    const struct accounts *now = snapshot_accounts(registry_snapshot(n->server->registry));
    struct runtime *runtime = runtime_of(n);
    if (runtime->from == now)
        return;
    /* What did not change is shared, so that most edits of accounts end here. */
    bool same = accounts_network(runtime->from, n->key) == accounts_network(now, n->key);
    accounts_unref(runtime->from);
    runtime->from = accounts_ref(now);
    if (same)
        return;
    conn_set_nick(n->conn, runtime_nick(n));
    set_channels(n);
}

const char *runtime_nick(const struct network *n)
{
    const struct network_record *record = record_of(n);
    return record && *record->nick ? record->nick : n->conf->nick;
}

const char *runtime_channel(const struct network *n, const char *channel)
{
    const struct network_record *record = record_of(n);
    for (size_t i = 0; record && record->channels && i < record->channels->count; i++)
        if (irc_equal(casemapping_of(n), record->channels->items[i], channel))
            return record->channels->items[i];
    return NULL;
}

static bool set_left(struct network *n, const char *channel, bool left)
{
    struct runtime *runtime = runtime_of(n);
    long number = in_file(n, n->conf, channel);
    if (number < 0 || runtime->left[number] == left)
        return false;
    runtime->left[number] = left;
    set_channels(n);
    return true;
}

bool runtime_leave(struct network *n, const char *channel)
{
    return set_left(n, channel, true);
}

bool runtime_return(struct network *n, const char *channel)
{
    return set_left(n, channel, false);
}
