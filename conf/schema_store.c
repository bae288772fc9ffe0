#include "conf/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "conf/errors.h"
#include "conf/first.h"

static void free_strings(char **items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(items[i]);
    free(items);
}

static void free_struct(const struct conf_schema *schema, const char *owner, void *base);

static void free_value(const struct conf_schema *schema, const struct conf_key *key, void *base)
{
    char **field = conf_field(base, key->offset);
    size_t count = 0;
    switch (key->kind) {
    case CONF_GROUPS:
        count = *(size_t *)conf_field(base, key->second);
        for (size_t i = 0; i < count; i++)
            free_struct(schema, key->path, *field + i * key->size);
        free(*field);
        break;
    case CONF_STRINGS:
        count = *(size_t *)conf_field(base, key->second);
        free_strings(*(char ***)conf_field(base, key->offset), count);
        break;
    case CONF_FIRST:
        count = *(size_t *)conf_field(base, key->second);
        conf_first_free(*(struct conf_first **)conf_field(base, key->offset), count);
        break;
    case CONF_SECRET:
        str_free_secret(*(char **)conf_field(base, key->second));
        free(*field);
        break;
    case CONF_STRING:
        if (key->hidden)
            str_free_secret(*field);
        else
            free(*field);
        break;
    case CONF_PATH:
    case CONF_FILE:
        free(*field);
        break;
    default:
        break;
    }
}

static void free_struct(const struct conf_schema *schema, const char *owner, void *base)
{
    for (size_t i = 0; i < schema->count; i++)
        if (!strcmp(conf_schema_owner(schema, &schema->keys[i]), owner))
            free_value(schema, &schema->keys[i], base);
}

void conf_schema_free(const struct conf_schema *schema, void *base)
{
    free_struct(schema, "", base);
}

static bool same_text(const void *a, const void *b, size_t offset)
{
    const char *s = *(char **)conf_field(a, offset);
    const char *t = *(char **)conf_field(b, offset);
    return s && t ? !strcmp(s, t) : s == t;
}

static bool same_struct(const struct conf_schema *schema, const char *owner, const void *a,
                        const void *b);

static bool same_stamp(const struct conf_stamp *a, const struct conf_stamp *b)
{
    return a->known == b->known && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns;
}

/* Lists, of groups or of texts, and first values. */
static bool same_items(const struct conf_schema *schema, const struct conf_key *key, const void *a,
                       const void *b)
{
    size_t count = *(size_t *)conf_field(a, key->second);
    if (count != *(size_t *)conf_field(b, key->second))
        return false;
    const char *x = *(char **)conf_field(a, key->offset);
    const char *y = *(char **)conf_field(b, key->offset);
    if (key->kind == CONF_FIRST)
        return conf_first_equal(*(struct conf_first **)conf_field(a, key->offset),
                                *(struct conf_first **)conf_field(b, key->offset), count);
    for (size_t i = 0; i < count; i++) {
        bool same = key->kind == CONF_STRINGS
                        ? same_text(x, y, i * sizeof(char *))
                        : same_struct(schema, key->path, x + i * key->size, y + i * key->size);
        if (!same)
            return false;
    }
    return true;
}

static bool same_value(const struct conf_schema *schema, const struct conf_key *key, const void *a,
                       const void *b)
{
    switch (key->kind) {
    case CONF_GROUP:
        return true; /* its keys are compared on their own */
    case CONF_GROUPS:
    case CONF_STRINGS:
    case CONF_FIRST:
        return same_items(schema, key, a, b);
    case CONF_SECRET:
        return same_text(a, b, key->second); /* wherever it was read from */
    case CONF_FILE:
        return same_text(a, b, key->offset) &&
               same_stamp(conf_field(a, key->second), conf_field(b, key->second));
    case CONF_BOOL:
        return *(bool *)conf_field(a, key->offset) == *(bool *)conf_field(b, key->offset);
    case CONF_INT:
    case CONF_WORD:
        return *(int *)conf_field(a, key->offset) == *(int *)conf_field(b, key->offset);
    default:
        return same_text(a, b, key->offset);
    }
}

static bool same_struct(const struct conf_schema *schema, const char *owner, const void *a,
                        const void *b)
{
    for (size_t i = 0; i < schema->count; i++)
        if (!strcmp(conf_schema_owner(schema, &schema->keys[i]), owner) &&
            !same_value(schema, &schema->keys[i], a, b))
            return false;
    return true;
}

bool conf_schema_equal(const struct conf_schema *schema, const void *a, const void *b)
{
    return same_struct(schema, "", a, b);
}

/* The secret in the open file, or NULL with what is wrong in *wrong. */
static char *read_secret(int fd, const char **wrong)
{
    char text[CONF_MAX_SECRET + 1];
    size_t len = 0;
    ssize_t n = 0;
    while (len < sizeof text && (n = read(fd, text + len, sizeof text - len)) > 0)
        len += (size_t)n;
    bool too_long = len == sizeof text;
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (n < 0)
        *wrong = strerror(errno);
    else if (too_long)
        *wrong = "it is longer than 4096 bytes";
    else if (!len)
        *wrong = "it is empty";
    else if (memchr(text, '\n', len) || memchr(text, '\r', len) || memchr(text, '\0', len))
        *wrong = "it must hold one line";
    char *secret = *wrong ? NULL : xstrndup(text, len);
    explicit_bzero(text, sizeof text);
    return secret;
}

static void load_secret(const struct conf_key *key, const char *path, char **secret, unsigned line,
                        const struct conf_source *source)
{
    struct stat st = {0};
    const char *wrong = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st))
        wrong = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        wrong = "it is no file";
    else
        *secret = read_secret(fd, &wrong);
    if (fd >= 0)
        close(fd);
    if (wrong)
        conf_errors_add(source->errors, source->file, line, "%s: cannot use %s: %s", key->path,
                        path, wrong);
    else if (st.st_mode & S_IROTH)
        conf_errors_warn(source->errors, source->file, line,
                         "%s: every user can read %s; run chmod o-r on it", key->path, path);
}

static void check_readable(const struct conf_key *key, const char *path, struct conf_stamp *stamp,
                           unsigned line, const struct conf_source *source)
{
    struct stat st;
    if (stat(path, &st) || access(path, R_OK))
        conf_errors_add(source->errors, source->file, line, "%s: cannot use %s: %s", key->path,
                        path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        conf_errors_add(source->errors, source->file, line, "%s: %s is no file", key->path, path);
    else
        *stamp = (struct conf_stamp){.known = true,
                                     .dev = st.st_dev,
                                     .ino = st.st_ino,
                                     .size = st.st_size,
                                     .mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) +
                                                 st.st_mtim.tv_nsec};
}

static void load_group(const struct conf_schema *schema, const config_setting_t *group,
                       const char *prefix, void *base, const struct conf_source *source);

static void load_value(const struct conf_schema *schema, const config_setting_t *setting,
                       const struct conf_key *key, void *base, const struct conf_source *source)
{
    char *text = *(char **)conf_field(base, key->offset);
    if (!text)
        return; /* it was not good, and has been reported */
    if (key->kind == CONF_SECRET)
        load_secret(key, text, conf_field(base, key->second), setting->line, source);
    if (key->kind == CONF_FILE)
        check_readable(key, text, conf_field(base, key->second), setting->line, source);
    for (int i = 0; key->kind == CONF_GROUPS && i < config_setting_length(setting); i++) {
        const config_setting_t *item = config_setting_get_elem(setting, (unsigned)i);
        if (config_setting_is_group(item))
            load_group(schema, item, key->path, text + (size_t)i * key->size, source);
    }
}

/* Goes by the tree, because it knows the lines. */
static void load_group(const struct conf_schema *schema, const config_setting_t *group,
                       const char *prefix, void *base, const struct conf_source *source)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        const struct conf_key *key = conf_schema_child(schema, prefix, child->name);
        if (!key)
            continue;
        if (key->kind == CONF_GROUP && config_setting_is_group(child))
            load_group(schema, child, key->path, base, source);
        if (key->kind == CONF_SECRET || key->kind == CONF_FILE || key->kind == CONF_GROUPS)
            load_value(schema, child, key, base, source);
    }
}

void conf_schema_load(const struct conf_schema *schema, const config_t *tree, void *base,
                      const struct conf_source *source)
{
    load_group(schema, config_root_setting(tree), "", base, source);
}
