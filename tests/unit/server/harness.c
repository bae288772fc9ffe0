#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xmalloc.h"

enum { PATIENCE_MS = 30000 };

/* ---- What the supervisor tells ----------------------------------------------------------------
 */

static void on_modules(void *arg)
{
    struct harness *h = arg;
    h->modules_calls++;
}

static void on_module_error(void *arg, const char *name, const char *text)
{
    struct harness *h = arg;
    h->errors++;
    str_copy(h->error_name, sizeof h->error_name, name);
    str_copy(h->error, sizeof h->error, text);
}

static void on_say(void *arg, const struct modhost_origin *from, const struct ipc_say *say)
{
    struct harness *h = arg;
    if (h->nsaid == h->room) {
        h->room = h->room ? h->room * 2 : 1024;
        h->said = xrealloc(h->said, h->room * sizeof *h->said);
    }
    struct heard *heard = &h->said[h->nsaid++];
    *heard = (struct heard){.event = from->event};
    str_copy(heard->network, sizeof heard->network, from->network);
    str_copy(heard->module, sizeof heard->module, from->module->name);
    str_copy(heard->text, sizeof heard->text, say->text);
}

static void on_ask(void *arg, const struct modhost_origin *from, const struct ipc_ask *ask,
                   struct ask_ticket *ticket)
{
    struct harness *h = arg;
    (void)from;
    assert_null(h->ticket);
    h->ticket = ticket;
    str_copy(h->asked_key, sizeof h->asked_key, ask->key);
}

static void on_log(void *arg, const struct modhost_origin *from, enum log_level level,
                   const char *text)
{
    struct harness *h = arg;
    (void)from;
    (void)level;
    h->logs++;
    str_copy(h->log, sizeof h->log, text);
}

static void on_fault(void *arg, const struct modhost_origin *from, const struct fault *fault)
{
    struct harness *h = arg;
    h->faults++;
    h->fault_event = from->event;
    str_copy(h->fault_module, sizeof h->fault_module, from->module ? from->module->name : "");
    str_copy(h->fault, sizeof h->fault, fault->reason);
    h->fault_kind = fault->kind;
    str_copy(h->fault_doing, sizeof h->fault_doing, fault->doing);
}

static void on_quarantine(void *arg, const struct modhost_origin *from, const char *why)
{
    struct harness *h = arg;
    (void)from;
    h->quarantines++;
    str_copy(h->quarantine, sizeof h->quarantine, why);
}

/* ---- Beginning and end ------------------------------------------------------------------------
 */

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;
    if (!dir) {
        fail_msg("cannot read %s: %s", path, strerror(errno));
        return 0;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void wake(void *arg)
{
    struct harness *h = arg;
    event_active(h->deferred, EV_TIMEOUT, 0);
}

static void on_deferred(evutil_socket_t fd, short what, void *arg)
{
    struct harness *h = arg;
    (void)fd;
    (void)what;
    defer_run(&h->defer);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

int harness_setup(void **state)
{
    struct harness *h = xcalloc(1, sizeof *h);
    h->descriptors = count_entries("/proc/self/fd");
    str_copy(h->dir, sizeof h->dir, "/tmp/seshet-supervise-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->user_dir, sizeof h->user_dir, "%s/user", h->dir);
    snprintf(h->system_dir, sizeof h->system_dir, "%s/system", h->dir);
    snprintf(h->state_dir, sizeof h->state_dir, "%s/state", h->dir);
    assert_int_equal(mkdir(h->user_dir, 0700), 0);
    assert_int_equal(mkdir(h->system_dir, 0700), 0);
    assert_int_equal(mkdir(h->state_dir, 0700), 0);
    h->base = event_base_new();
    h->deferred = event_new(h->base, -1, 0, on_deferred, h);
    h->tick = event_new(h->base, -1, 0, on_tick, h);
    defer_init(&h->defer, wake, h);
    *state = h;
    return 0;
}

void harness_begin_with(struct harness *h, const char *modhost)
{
    char *error = NULL;
    struct supervisor_env env = {h->base, &clock_system, &h->defer};
    struct supervisor_config config = {.modhost_path = modhost,
                                       .user_dir = h->user_dir,
                                       .system_dir = h->system_dir,
                                       .state_dir = h->state_dir,
                                       .limits = h->limits};
    struct supervisor_callbacks callbacks = {.on_modules = on_modules,
                                             .on_module_error = on_module_error,
                                             .on_say = on_say,
                                             .on_ask = on_ask,
                                             .on_log = on_log,
                                             .on_fault = on_fault,
                                             .on_quarantine = on_quarantine};
    h->sup = supervisor_new(&env, &config, &callbacks, h, &error);
    assert_non_null(h->sup);
    harness_until(h, h->modules_calls > 0);
}

void harness_begin(struct harness *h)
{
    harness_begin_with(h, MODHOST);
}

void harness_end(struct harness *h)
{
    char copies[128];
    supervisor_free(h->sup);
    h->sup = NULL;
    defer_run(&h->defer);
    errno = 0;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    snprintf(copies, sizeof copies, "%s/module-copies", h->state_dir);
    assert_int_equal(count_entries(copies), 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int harness_teardown(void **state)
{
    struct harness *h = *state;
    if (h->sup)
        harness_end(h);
    if (h->ticket)
        supervisor_answer(h->ticket, 0, NULL, 0);
    event_free(h->deferred);
    event_free(h->tick);
    event_base_free(h->base);
    assert_int_equal(count_entries("/proc/self/fd"), h->descriptors);
    assert_int_equal(nftw(h->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(h->said);
    free(h);
    return 0;
}

/* ---- Files ------------------------------------------------------------------------------------
 */

static void copy_part(const char *source, const char *target, size_t bytes)
{
    char chunk[16384];
    int from = open(source, O_RDONLY | O_CLOEXEC);
    int to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    ssize_t n;
    assert_true(from >= 0 && to >= 0);
    while (bytes && (n = read(from, chunk, bytes < sizeof chunk ? bytes : sizeof chunk)) > 0) {
        assert_int_equal(write(to, chunk, (size_t)n), n);
        bytes -= (size_t)n;
    }
    close(from);
    close(to);
}

void harness_install(const char *folder, const char *name, const char *source)
{
    char *part = xasprintf("%s/.%s.part", folder, name);
    char *whole = xasprintf("%s/%s.so", folder, name);
    copy_part(source, part, SIZE_MAX);
    assert_int_equal(rename(part, whole), 0);
    free(part);
    free(whole);
}

void harness_write_part(const char *folder, const char *name, const char *source, size_t bytes)
{
    char *whole = xasprintf("%s/%s.so", folder, name);
    copy_part(source, whole, bytes);
    free(whole);
}

void harness_remove(const char *folder, const char *name)
{
    char *whole = xasprintf("%s/%s.so", folder, name);
    assert_int_equal(unlink(whole), 0);
    free(whole);
}

/* ---- Running ----------------------------------------------------------------------------------
 */

int64_t harness_deadline(void)
{
    return clock_now(&clock_system) + PATIENCE_MS;
}

int harness_turn(struct harness *h, int64_t deadline)
{
    struct timeval tv = {.tv_usec = 20000};
    if (clock_now(&clock_system) > deadline)
        return -1;
    event_add(h->tick, &tv);
    event_base_loop(h->base, EVLOOP_ONCE);
    return 0;
}

void harness_run_ms(struct harness *h, int64_t ms)
{
    int64_t end = clock_now(&clock_system) + ms;
    while (!harness_turn(h, end))
        ;
}

void harness_network(struct harness *h, const char *network)
{
    struct network_facts facts = {.own_nick = "seshet", .casemapping = "rfc1459", .user = h};
    supervisor_set_network(h->sup, network, &facts);
}

uint64_t harness_send_group(struct harness *h, const char *network, const char *group,
                            const char *module, const char *command, const char *args)
{
    const struct module_decl *decl = supervisor_find(h->sup, module);
    struct modhost *host = supervisor_host(h->sup, network, &(struct modhost_kind){.group = group});
    struct supervisor_event ev = {
        .type = SESHET_COMMAND,
        .command = -1,
        .nick = "alice",
        .user = "a",
        .host = "example.org",
        .channel = "#test",
        .target = "",
        .text = args,
        .command_name = command,
        .args = args,
        .reply_to = "#test",
        .time_ms = 1,
    };
    assert_non_null(decl);
    assert_non_null(host);
    for (size_t i = 0; i < decl->ncommands; i++)
        if (!strcmp(decl->commands[i].name, command))
            ev.command = (int)i;
    return modhost_send(host, decl, &ev);
}

uint64_t harness_send(struct harness *h, const char *network, const char *module,
                      const char *command, const char *args)
{
    return harness_send_group(h, network, "default", module, command, args);
}

bool harness_present(struct harness *h, const char *module)
{
    const struct module_decl *decl = supervisor_find(h->sup, module);
    return decl && decl->present;
}

bool harness_has_version(struct harness *h, const char *module, const char *version)
{
    const struct module_decl *decl = supervisor_find(h->sup, module);
    return decl && decl->present && !strcmp(decl->version, version);
}

unsigned harness_count(const struct harness *h, const char *network, const char *text)
{
    unsigned n = 0;
    for (size_t i = 0; i < h->nsaid; i++)
        n += (!network || !strcmp(h->said[i].network, network)) && !strcmp(h->said[i].text, text);
    return n;
}

const char *harness_last(const struct harness *h)
{
    return h->nsaid ? h->said[h->nsaid - 1].text : "";
}

static void add_host(void *arg, const struct modhost_status *status)
{
    struct host_sum *sum = arg;
    sum->hosts++;
    sum->running += status->pid != 0;
    sum->queued += status->queued;
    sum->handled += status->handled;
    sum->generation = status->generation;
    sum->restarts += status->restarts;
    sum->pid = status->pid;
    sum->state = status->state;
}

struct host_sum harness_hosts(const struct harness *h)
{
    struct host_sum sum = {0};
    supervisor_each_host(h->sup, add_host, &sum);
    return sum;
}
