#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/stage/stage.h"

/* Tests have a handful of users: a list will do. */

static struct stage_user **find(struct seshet_test *t, const char *nick)
{
    enum casemapping map = irc_state_isupport(t->state)->casemapping;
    struct stage_user **at = &t->users;
    while (*at && !irc_equal(map, (*at)->nick, nick))
        at = &(*at)->next;
    return at;
}

struct stage_user *stage_user_find(struct seshet_test *t, const char *nick)
{
    struct stage_user **at = find(t, nick);
    if (!*at) {
        *at = xmalloc(sizeof **at);
        **at = (struct stage_user){.nick = xstrdup(nick),
                                   .user = xstrdup(nick),
                                   .host = xasprintf("%s.test", nick),
                                   .known = xstrdup(""),
                                   .rights = rights_new()};
    }
    return *at;
}

const struct stage_user *stage_user_get(struct seshet_test *t, const char *nick)
{
    return *find(t, nick);
}

static void user_free(struct stage_user *user)
{
    free(user->nick);
    free(user->user);
    free(user->host);
    free(user->account);
    free(user->known);
    rights_unref(user->rights);
    free(user);
}

void stage_user_remove(struct seshet_test *t, const char *nick)
{
    struct stage_user **at = find(t, nick);
    struct stage_user *user = *at;
    if (!user)
        return;
    *at = user->next;
    user_free(user);
}

void stage_user_rename(struct seshet_test *t, const char *nick, const char *new_nick)
{
    struct stage_user *user = stage_user_find(t, nick);
    struct stage_user *other = *find(t, new_nick);
    if (other && other != user)
        stage_user_remove(t, new_nick);
    free(user->nick);
    user->nick = xstrdup(new_nick);
}

void stage_users_free(struct seshet_test *t)
{
    while (t->users) {
        struct stage_user *user = t->users;
        t->users = user->next;
        user_free(user);
    }
}
