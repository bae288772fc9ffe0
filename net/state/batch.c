/* Batches (IRCv3 batch). Only those that replay the past matter: their lines tell what was, and
 * neither make events nor change what is. */

#include <stdlib.h>
#include <string.h>

#include "net/state/internal.h"

static bool is_history_type(const char *type)
{
    static const char *const types[] = {"chathistory", "draft/chathistory", "znc.in/playback"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(type, types[i]))
            return true;
    return false;
}

static struct history_batch **find(struct irc_state *state, const char *reference)
{
    struct history_batch **at = &state->batches;
    while (*at && strcmp((*at)->reference, reference) != 0)
        at = &(*at)->next;
    return at;
}

bool batch_is_history(const struct irc_state *state, const struct irc_msg *msg)
{
    const char *reference = state->batches ? irc_tag(msg, "batch") : NULL;
    if (reference)
        for (const struct history_batch *b = state->batches; b; b = b->next)
            if (!strcmp(b->reference, reference))
                return true;
    return false;
}

static void close_batch(struct history_batch **at)
{
    struct history_batch *batch = *at;
    *at = batch->next;
    free(batch->reference);
    free(batch);
}

static void open_batch(struct irc_state *state, const char *reference)
{
    size_t count = 0;
    for (const struct history_batch *b = state->batches; b; b = b->next)
        count++;
    if (count >= IRC_STATE_MAX_BATCHES || !word_ok(reference, " "))
        return;
    struct history_batch *batch = xmalloc(sizeof *batch);
    *batch = (struct history_batch){.reference = xstrdup(reference), .next = state->batches};
    state->batches = batch;
}

/* "BATCH +reference type ..." and "BATCH -reference". A batch inside a replay is part of it. */
void apply_batch(struct irc_state *state, const struct irc_msg *msg)
{
    const char *word = irc_param(msg, 0);
    struct history_batch **at = find(state, *word ? word + 1 : word);
    if (*word == '-' && *at)
        close_batch(at);
    else if (*word == '+' && !*at &&
             (is_history_type(irc_param(msg, 1)) || batch_is_history(state, msg)))
        open_batch(state, word + 1);
}

void batch_forget(struct irc_state *state)
{
    while (state->batches)
        close_batch(&state->batches);
}
