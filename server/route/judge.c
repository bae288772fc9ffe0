#include "server/route/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/link/tls.h"
#include "registry/registry.h"
#include "registry/uri.h"
#include "server/first_values.h"

static char *judge_uri(void *arg, const char *text)
{
    char why[REGISTRY_WHY_SIZE];
    struct registry_uri uri;
    (void)arg;
    if (uri_parse(&uri, text, why, sizeof why))
        return xstrdup(why);
    uri_clear(&uri);
    return NULL;
}

static bool known_good(const struct judge *judge, const char *path, const struct stat *st)
{
    const struct stat *good = &judge->good_stat;
    return judge->good_ca && !strcmp(judge->good_ca, path) && good->st_dev == st->st_dev &&
           good->st_ino == st->st_ino && good->st_size == st->st_size &&
           good->st_mtim.tv_sec == st->st_mtim.tv_sec &&
           good->st_mtim.tv_nsec == st->st_mtim.tv_nsec;
}

static char *judge_ca(void *arg, const char *path)
{
    struct judge *judge = arg;
    struct stat st;
    char *error = NULL;
    bool there = stat(path, &st) == 0;
    if (there && known_good(judge, path, &st))
        return NULL;
    if (tls_check_trust(path, &error))
        return error;
    if (there) {
        free(judge->good_ca);
        judge->good_ca = xstrdup(path);
        judge->good_stat = st;
    }
    return NULL;
}

static char *judge_cert(void *arg, const char *cert_file, const char *key_file)
{
    char *error = NULL;
    (void)arg;
    return tls_check_identity(cert_file, key_file, &error) ? error : NULL;
}

static char *judge_first(void *arg, const struct conf_first *first, size_t i)
{
    (void)arg;
    return first_values_judge(first, i);
}

void judge_init(struct judge *judge)
{
    *judge = (struct judge){.conf = {.arg = judge,
                                     .registry_uri = judge_uri,
                                     .ca_file = judge_ca,
                                     .client_cert = judge_cert,
                                     .first = judge_first}};
}

void judge_clear(struct judge *judge)
{
    free(judge->good_ca);
    judge->good_ca = NULL;
}
