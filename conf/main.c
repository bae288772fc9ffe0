#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "conf/errors.h"
#include "conf/parse.h"
#include "conf/place.h"
#include "conf/text.h"

#define MAX_SOCKET_PATH      107 /* sun_path, unix(7), with its NUL */
#define DEFAULT_NETWORKS_DIR "networks.d"

static void set_if_missing(char **field, const char *dir, const char *name)
{
    if (!*field)
        *field = conf_absolute(dir, name);
}

static void set_paths(struct conf_main *conf, const config_t *tree,
                      const struct conf_source *source, const struct conf_surroundings *around)
{
    set_if_missing(&conf->networks_dir, around->dir, DEFAULT_NETWORKS_DIR);
    set_if_missing(&conf->modules.system_dir, around->program_dir, "../lib/seshet/modules");
    if (!conf->state_dir && !around->state_dir) {
        conf_errors_add(source->errors, source->file, 0,
                        "state_dir is missing, and neither XDG_STATE_HOME nor HOME says where it "
                        "could be: write state_dir = \"/a/folder\";");
        return;
    }
    if (!conf->state_dir)
        conf->state_dir = xstrdup(around->state_dir);
    set_if_missing(&conf->modules.user_dir, conf->state_dir, "modules");
    set_if_missing(&conf->control.socket, conf->state_dir, "control.sock");
    if (strlen(conf->control.socket) > MAX_SOCKET_PATH)
        conf_errors_add(source->errors, source->file, conf_line(tree, "control.socket"),
                        "control.socket: %s is longer than the %d bytes that a unix socket's path "
                        "may have; set a shorter one",
                        conf->control.socket, MAX_SOCKET_PATH);
}

/* What is wrong with a folder, or NULL. */
static const char *folder_problem(const char *path)
{
    struct stat st;
    if (stat(path, &st))
        return strerror(errno);
    return S_ISDIR(st.st_mode) ? NULL : "it is no folder";
}

/* The server makes state_dir with the folders above it when they are missing, and no others. */
static void check_socket_folder(const struct conf_main *conf, const config_t *tree,
                                const struct conf_source *source)
{
    if (!conf->control.socket || !conf->state_dir)
        return; /* reported already */
    char *folder = xstrndup(conf->control.socket,
                            (size_t)(strrchr(conf->control.socket, '/') - conf->control.socket));
    size_t len = strlen(folder);
    bool made = !strncmp(conf->state_dir, folder, len) &&
                (!conf->state_dir[len] || conf->state_dir[len] == '/');
    const char *wrong = made ? NULL : folder_problem(folder);
    if (wrong)
        conf_errors_add(source->errors, source->file, conf_line(tree, "control.socket"),
                        "control.socket: cannot use the folder %s: %s; make it, or set another "
                        "path",
                        folder, wrong);
    free(folder);
}

/* state_dir is made when it is missing. A folder of modules may come later, and is watched for. */
static void check_folders(const struct conf_main *conf, const config_t *tree,
                          const struct conf_source *source)
{
    const char *const keys[] = {"modules.system_dir", "modules.user_dir"};
    const char *const paths[] = {conf->modules.system_dir, conf->modules.user_dir};
    struct stat st;
    if (conf->state_dir && !stat(conf->state_dir, &st) && !S_ISDIR(st.st_mode))
        conf_errors_add(source->errors, source->file, conf_line(tree, "state_dir"),
                        "state_dir: %s is no folder", conf->state_dir);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        unsigned line = conf_line(tree, keys[i]);
        const char *wrong = line && paths[i] ? folder_problem(paths[i]) : NULL;
        if (wrong)
            conf_errors_warn(source->errors, source->file, line, "%s: no module is found in %s: %s",
                             keys[i], paths[i], wrong);
    }
}

static void judge_uri(const struct conf_main *conf, const config_t *tree,
                      const struct conf_source *source, const struct conf_judge *judge)
{
    char *wrong = judge && judge->registry_uri && conf->registry.uri
                      ? judge->registry_uri(judge->arg, conf->registry.uri)
                      : NULL;
    if (wrong)
        conf_errors_add(source->errors, source->file, conf_line(tree, "registry.uri"),
                        "registry.uri: %s", wrong);
    free(wrong);
}

/* At most one of the two ways to give the password of Redis. */
static void set_password(struct conf_main *conf, const config_t *tree,
                         const struct conf_source *source, enum conf_depth depth)
{
    const char *name = conf->registry.password_env;
    if (!name)
        return;
    unsigned line = conf_line(tree, "registry.password_env");
    if (conf->registry.password_file) {
        conf_errors_add(source->errors, source->file, line,
                        "registry.password_env and registry.password_file are both set; remove one "
                        "of the two");
        return;
    }
    if (depth == CONF_TEXT_ONLY)
        return;
    const char *value = getenv(name);
    if (value && *value)
        conf->registry.password = xstrdup(value);
    else
        conf_errors_add(source->errors, source->file, line,
                        "registry.password_env: the environment has no variable %s", name);
}

struct conf_main *conf_main_parse(const char *text, size_t len, const char *file,
                                  const struct conf_surroundings *around, enum conf_depth depth,
                                  struct conf_errors *errors)
{
    config_t tree;
    size_t first = errors->count;
    size_t before = errors->errors;
    struct conf_source source = {.file = file, .dir = around->dir, .errors = errors};
    if (conf_text_parse(&tree, text, len, file, errors))
        return NULL;
    struct conf_main *conf = xcalloc(1, sizeof *conf);
    conf->path = conf_absolute(around->dir, strrchr(file, '/') ? strrchr(file, '/') + 1 : file);
    conf_schema_read(&conf_main_schema, &tree, conf, &source);
    set_paths(conf, &tree, &source, around);
    if (depth == CONF_WITH_FILES) {
        conf_schema_load(&conf_main_schema, &tree, conf, &source);
        check_socket_folder(conf, &tree, &source);
        check_folders(conf, &tree, &source);
        judge_uri(conf, &tree, &source, around->judge);
    }
    set_password(conf, &tree, &source, depth);
    conf_text_free(&tree);
    conf_errors_sort(errors, first);
    if (errors->errors == before)
        return conf;
    conf_main_free(conf);
    return NULL;
}

static struct conf_main *load(const char *path, enum conf_depth depth,
                              const struct conf_judge *judge, struct conf_errors *errors)
{
    size_t len = 0;
    char *text = conf_text_read(path, &len, errors);
    if (!text)
        return NULL;
    char *dir = conf_dir_of(path);
    char *program_dir = conf_program_dir();
    char *state_dir = conf_default_state_dir();
    struct conf_surroundings around = {
        .dir = dir, .program_dir = program_dir, .state_dir = state_dir, .judge = judge};
    struct conf_main *conf = conf_main_parse(text, len, path, &around, depth, errors);
    free(dir);
    free(program_dir);
    free(state_dir);
    str_free_secret(text);
    return conf;
}

struct conf_main *conf_main_load(const char *path, const struct conf_judge *judge,
                                 struct conf_errors *errors)
{
    return load(path, CONF_WITH_FILES, judge, errors);
}

void conf_main_free(struct conf_main *conf)
{
    if (!conf)
        return;
    conf_schema_free(&conf_main_schema, conf);
    free(conf->path);
    free(conf);
}

char *conf_control_socket(const char *path, struct conf_errors *errors)
{
    struct conf_main *conf = load(path, CONF_TEXT_ONLY, NULL, errors);
    char *socket = conf ? xstrdup(conf->control.socket) : NULL;
    conf_main_free(conf);
    return socket;
}

char *conf_networks_dir(const char *path)
{
    config_t tree;
    size_t len = 0;
    const char *dir = DEFAULT_NETWORKS_DIR;
    struct conf_errors unheard = {0};
    char *text = conf_text_read(path, &len, &unheard);
    if (!text) {
        conf_errors_free(&unheard);
        return NULL;
    }
    bool parsed = !conf_text_parse(&tree, text, len, path, &unheard);
    if (parsed)
        config_lookup_string(&tree, "networks_dir", &dir);
    char *beside = conf_dir_of(path);
    char *absolute = conf_absolute(beside, dir);
    free(beside);
    if (parsed)
        conf_text_free(&tree);
    str_free_secret(text);
    conf_errors_free(&unheard);
    return absolute;
}
