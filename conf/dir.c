#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "conf/conf.h"
#include "conf/errors.h"

#define SUFFIX     ".conf"
#define SUFFIX_LEN (sizeof SUFFIX - 1)

static bool is_network_file(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > SUFFIX_LEN && !strcmp(name + len - SUFFIX_LEN, SUFFIX);
}

static int by_key(const void *a, const void *b)
{
    const struct conf_network_file *x = a;
    const struct conf_network_file *y = b;
    return strcmp(x->key, y->key);
}

/* 0, or -1 after an error. */
static int list(struct conf_networks *networks, DIR *dir, const char *path,
                struct conf_errors *errors)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir))) {
        if (!is_network_file(entry->d_name))
            continue;
        if (networks->count == CONF_MAX_NETWORKS) {
            conf_errors_add(errors, path, 0, "holds more than %d network files", CONF_MAX_NETWORKS);
            return -1;
        }
        networks->files =
            xrealloc(networks->files, (networks->count + 1) * sizeof *networks->files);
        networks->files[networks->count++] = (struct conf_network_file){
            .key = xstrndup(entry->d_name, strlen(entry->d_name) - SUFFIX_LEN),
            .path = xasprintf("%s/%s", path, entry->d_name),
        };
    }
    if (!errno)
        return 0;
    conf_errors_add(errors, path, 0, "cannot be read: %s", strerror(errno));
    return -1;
}

struct conf_networks *conf_networks_load(const char *dir, const struct conf_judge *judge,
                                         struct conf_errors *errors)
{
    DIR *open_dir = opendir(dir);
    if (!open_dir) {
        conf_errors_add(errors, dir, 0,
                        "the folder of the network files cannot be read: %s; create it, or set "
                        "networks_dir",
                        strerror(errno));
        return NULL;
    }
    struct conf_networks *networks = xcalloc(1, sizeof *networks);
    int failed = list(networks, open_dir, dir, errors);
    closedir(open_dir);
    if (failed) {
        conf_networks_free(networks);
        return NULL;
    }
    if (networks->count)
        qsort(networks->files, networks->count, sizeof *networks->files, by_key);
    for (size_t i = 0; i < networks->count; i++) {
        struct conf_network_file *file = &networks->files[i];
        file->network = conf_network_load(file->path, judge, &file->errors);
    }
    return networks;
}

void conf_networks_free(struct conf_networks *networks)
{
    if (!networks)
        return;
    for (size_t i = 0; i < networks->count; i++) {
        free(networks->files[i].key);
        free(networks->files[i].path);
        conf_network_free(networks->files[i].network);
        conf_errors_free(&networks->files[i].errors);
    }
    free(networks->files);
    free(networks);
}
