#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "conf/conf.h"
#include "server/admin/check.h"
#include "server/background.h"
#include "server/options.h"
#include "server/paths.h"
#include "server/route/judge.h"
#include "server/server.h"

/* A server of a thousand networks has a few thousand descriptors: take what the system allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int fail(char *error)
{
    log_error("server.failed", LOG_NOBODY, "%s", error);
    free(error);
    return -1;
}

/* So that a module can be moved into it from the first minute on. */
static void make_modules_folder(const struct conf_main *conf)
{
    char *error = NULL;
    if (path_make_folder(conf->modules.user_dir, &error))
        log_warn("module.folder", LOG_NOBODY, "%s; modules are taken from there once it exists",
                 error);
    free(error);
}

static int make_state_folder(const struct conf_main *conf, char **error)
{
    char *why = NULL;
    if (!path_make_folder(conf->state_dir, &why))
        return 0;
    *error = xasprintf("%s; state_dir in %s names it", why, conf->path);
    free(why);
    return -1;
}

static int prepare(const struct conf_main *conf)
{
    char *error = NULL;
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    if (make_state_folder(conf, &error) || path_lock_state(conf->state_dir, &error))
        return fail(error);
    make_modules_folder(conf);
    return 0;
}

static void on_ready(void *arg)
{
    background_ready(arg);
}

static int run(struct conf_main *conf, struct conf_networks *networks,
               struct background *background)
{
    char *error = NULL;
    struct server server = {.on_ready = on_ready, .on_ready_arg = background};
    int result = server_start(&server, conf, networks, &error);
    if (result == 0) {
        log_info("server.start", LOG_NOBODY, "seshetd %s, process %d, %s", SESHET_VERSION,
                 (int)getpid(), conf->path);
        server_run(&server);
        log_info("server.end", LOG_NOBODY, "all networks were left");
    } else {
        fail(error);
    }
    server_free(&server);
    return result;
}

static struct conf_main *load(const char *path, struct conf_networks **networks)
{
    struct conf_errors errors = {0};
    struct judge judge;
    judge_init(&judge);
    struct conf_main *conf = conf_main_load(path, &judge.conf, &errors);
    if (conf)
        *networks = conf_networks_load(conf->networks_dir, &judge.conf, &errors);
    judge_clear(&judge);
    check_print(&errors);
    if (conf && !*networks) {
        conf_main_free(conf);
        conf = NULL;
    }
    conf_errors_free(&errors);
    return conf;
}

static int serve(const char *path, bool foreground)
{
    struct background background = {.pipe_fd = -1};
    signal(SIGHUP, SIG_IGN); /* until the loop hears it */
    struct conf_networks *networks = NULL;
    struct conf_main *conf = load(path, &networks);
    if (!conf)
        return -1;
    char *error = NULL;
    if (!foreground && (make_state_folder(conf, &error) ||
                        background_enter(&background, conf->state_dir, &error))) {
        conf_networks_free(networks);
        conf_main_free(conf);
        return fail(error);
    }
    log_open(conf->log.level, conf->log.format);
    int result = prepare(conf);
    if (result == 0) {
        result = run(conf, networks, &background);
    } else {
        conf_networks_free(networks);
        conf_main_free(conf);
    }
    log_close();
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    switch (options_parse(&options, argc, argv)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return 2;
    case OPTIONS_RUN:
        break;
    }
    char *path = options.config ? xstrdup(options.config) : conf_default_path();
    if (!path) {
        fprintf(stderr, "seshetd: no configuration: name one with -c FILE, or write "
                        "/etc/seshet/seshet.conf\n");
        return EXIT_FAILURE;
    }
    int result = options.check_only ? check_configuration(path) : serve(path, options.foreground);
    free(path);
    return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
