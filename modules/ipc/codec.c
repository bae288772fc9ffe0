#include "modules/ipc/codec.h"

#include <assert.h>
#include <string.h>

int ipc_put_hello(struct buf *out, const struct ipc_hello *hello)
{
    struct frame_writer w = frame_begin(out, FRAME_HELLO);
    frame_put_u32(&w, hello->version);
    frame_put_str(&w, hello->network);
    frame_put_str(&w, hello->group);
    frame_put_u8(&w, hello->sandboxed);
    frame_put_u32(&w, hello->permissions);
    frame_put_u64(&w, hello->memory);
    frame_put_str(&w, hello->data);
    frame_put_u64(&w, hello->data_most);
    return frame_end(&w);
}

/* The version alone decides whether the rest can be understood: a frame of another version is
 * no error here. */
int ipc_get_hello(const struct frame *f, struct ipc_hello *hello)
{
    assert(f->type == FRAME_HELLO);
    struct frame_reader r = frame_read(f);
    *hello =
        (struct ipc_hello){.version = frame_get_u32(&r), .network = "", .group = "", .data = ""};
    if (r.failed)
        return -1;
    if (hello->version != FRAME_VERSION)
        return 0;
    hello->network = frame_get_str(&r);
    hello->group = frame_get_str(&r);
    hello->sandboxed = frame_get_u8(&r);
    hello->permissions = frame_get_u32(&r);
    hello->memory = frame_get_u64(&r);
    hello->data = frame_get_str(&r);
    hello->data_most = frame_get_u64(&r);
    return frame_reader_end(&r) || hello->permissions & ~PERMISSIONS_ALL ? -1 : 0;
}

int ipc_put_network(struct buf *out, const struct ipc_network *network)
{
    struct frame_writer w = frame_begin(out, FRAME_NETWORK);
    frame_put_str(&w, network->own_nick);
    frame_put_str(&w, network->casemapping);
    return frame_end(&w);
}

int ipc_get_network(const struct frame *f, struct ipc_network *network)
{
    assert(f->type == FRAME_NETWORK);
    struct frame_reader r = frame_read(f);
    network->own_nick = frame_get_str(&r);
    network->casemapping = frame_get_str(&r);
    return frame_reader_end(&r);
}

int ipc_put_load(struct buf *out, const struct ipc_load *load)
{
    struct frame_writer w = frame_begin(out, FRAME_LOAD);
    frame_put_u16(&w, load->module);
    frame_put_str(&w, load->name);
    frame_put_str(&w, load->path);
    return frame_end(&w);
}

int ipc_get_load(const struct frame *f, struct ipc_load *load)
{
    assert(f->type == FRAME_LOAD);
    struct frame_reader r = frame_read(f);
    load->module = frame_get_u16(&r);
    load->name = frame_get_str(&r);
    load->path = frame_get_str(&r);
    return frame_reader_end(&r);
}

static int put_empty(struct buf *out, enum frame_type type)
{
    struct frame_writer w = frame_begin(out, type);
    return frame_end(&w);
}

int ipc_put_start(struct buf *out)
{
    return put_empty(out, FRAME_START);
}

int ipc_put_stop(struct buf *out)
{
    return put_empty(out, FRAME_STOP);
}

int ipc_put_loaded(struct buf *out)
{
    return put_empty(out, FRAME_LOADED);
}

int ipc_put_ready(struct buf *out)
{
    return put_empty(out, FRAME_READY);
}

int ipc_put_stopped(struct buf *out)
{
    return put_empty(out, FRAME_STOPPED);
}

enum event_flag { EVENT_IS_PRIVATE = 1, EVENT_FROM_ME = 2, EVENT_HAS_ACCOUNT = 4 };

int ipc_put_event(struct buf *out, const struct ipc_event *event)
{
    struct frame_writer w = frame_begin(out, FRAME_EVENT);
    frame_put_u64(&w, event->number);
    frame_put_u16(&w, event->module);
    frame_put_u8(&w, event->type);
    frame_put_u16(&w, event->command_index);
    frame_put_u8(&w, (uint8_t)((event->is_private ? EVENT_IS_PRIVATE : 0) |
                               (event->from_me ? EVENT_FROM_ME : 0) |
                               (event->account ? EVENT_HAS_ACCOUNT : 0)));
    frame_put_str(&w, event->nick);
    frame_put_str(&w, event->user);
    frame_put_str(&w, event->host);
    frame_put_str(&w, event->account);
    frame_put_str(&w, event->channel);
    frame_put_str(&w, event->target);
    frame_put_str(&w, event->text);
    frame_put_str(&w, event->command);
    frame_put_str(&w, event->args);
    frame_put_str(&w, event->reply_to);
    frame_put_u64(&w, (uint64_t)event->time_ms);
    frame_put_str(&w, event->known);
    frame_put_u32(&w, event->declared);
    frame_put_u32(&w, event->capabilities);
    return frame_end(&w);
}

const char *ipc_event_of_life(unsigned type)
{
    switch (type) {
    case IPC_EVENT_ENABLED:
        return "enabled";
    case IPC_EVENT_DISABLED:
        return "disabled";
    case IPC_EVENT_REMOVED:
        return "removed";
    case IPC_EVENT_CONFIG:
        return "config_changed";
    default:
        return NULL;
    }
}

int ipc_get_event(const struct frame *f, struct ipc_event *event)
{
    assert(f->type == FRAME_EVENT);
    struct frame_reader r = frame_read(f);
    event->number = frame_get_u64(&r);
    event->module = frame_get_u16(&r);
    event->type = frame_get_u8(&r);
    event->command_index = frame_get_u16(&r);
    unsigned flags = frame_get_u8(&r);
    event->is_private = flags & EVENT_IS_PRIVATE;
    event->from_me = flags & EVENT_FROM_ME;
    event->nick = frame_get_str(&r);
    event->user = frame_get_str(&r);
    event->host = frame_get_str(&r);
    event->account = frame_get_str(&r);
    event->channel = frame_get_str(&r);
    event->target = frame_get_str(&r);
    event->text = frame_get_str(&r);
    event->command = frame_get_str(&r);
    event->args = frame_get_str(&r);
    event->reply_to = frame_get_str(&r);
    event->time_ms = (int64_t)frame_get_u64(&r);
    event->known = frame_get_str(&r);
    event->declared = frame_get_u32(&r);
    event->capabilities = frame_get_u32(&r);
    if (!(flags & EVENT_HAS_ACCOUNT))
        event->account = NULL;
    return frame_reader_end(&r) || !event->number ? -1 : 0;
}

int ipc_put_answer(struct buf *out, const struct ipc_answer *answer)
{
    struct frame_writer w = frame_begin(out, FRAME_ANSWER);
    frame_put_u64(&w, answer->question);
    frame_put_u32(&w, (uint32_t)answer->status);
    frame_put_u64(&w, (uint64_t)answer->number);
    frame_put_str(&w, answer->value);
    return frame_end(&w);
}

int ipc_get_answer(const struct frame *f, struct ipc_answer *answer)
{
    assert(f->type == FRAME_ANSWER);
    struct frame_reader r = frame_read(f);
    answer->question = frame_get_u64(&r);
    answer->status = (int32_t)frame_get_u32(&r);
    answer->number = (int64_t)frame_get_u64(&r);
    answer->value = frame_get_str(&r);
    return frame_reader_end(&r);
}

int ipc_put_host_hello(struct buf *out, const struct ipc_host_hello *hello)
{
    struct frame_writer w = frame_begin(out, FRAME_HOST_HELLO);
    frame_put_u32(&w, hello->version);
    frame_put_u32(&w, hello->pid);
    return frame_end(&w);
}

int ipc_get_host_hello(const struct frame *f, struct ipc_host_hello *hello)
{
    assert(f->type == FRAME_HOST_HELLO);
    struct frame_reader r = frame_read(f);
    *hello = (struct ipc_host_hello){.version = frame_get_u32(&r)};
    if (r.failed)
        return -1;
    if (hello->version != FRAME_VERSION)
        return 0;
    hello->pid = frame_get_u32(&r);
    return frame_reader_end(&r);
}

int ipc_put_module(struct buf *out, const struct ipc_module *module)
{
    assert(module->ncommands <= IPC_COMMANDS_MAX);
    struct frame_writer w = frame_begin(out, FRAME_MODULE);
    frame_put_u16(&w, module->module);
    frame_put_str(&w, module->name);
    frame_put_str(&w, module->version);
    frame_put_str(&w, module->description);
    frame_put_u32(&w, module->events);
    frame_put_u16(&w, module->ncapabilities);
    for (unsigned i = 0; i < module->ncapabilities; i++)
        frame_put_str(&w, module->capabilities[i]);
    frame_put_u16(&w, module->ncommands);
    for (unsigned i = 0; i < module->ncommands; i++) {
        frame_put_str(&w, module->commands[i].name);
        frame_put_str(&w, module->commands[i].usage);
        frame_put_str(&w, module->commands[i].help);
    }
    return frame_end(&w);
}

static const char *get_bounded(struct frame_reader *r, size_t most)
{
    const char *s = frame_get_str(r);
    if (strlen(s) <= most)
        return s;
    r->failed = true;
    return "";
}

/* Nothing of another module: who declares a name takes it away from the default sets. */
static bool is_own(const struct ipc_module *module, const char *capability)
{
    size_t len = strlen(module->name);
    return !strncmp(capability, module->name, len) && capability[len] == '.' &&
           strspn(capability + len + 1, "abcdefghijklmnopqrstuvwxyz0123456789_-") ==
               strlen(capability + len + 1);
}

static int get_capabilities(struct frame_reader *r, struct ipc_module *module)
{
    if (module->ncapabilities > IPC_CAPABILITIES_MAX)
        return -1;
    for (unsigned i = 0; i < module->ncapabilities; i++) {
        module->capabilities[i] = get_bounded(r, IPC_CAPABILITY_MAX);
        if (!is_own(module, module->capabilities[i]))
            return -1;
    }
    return 0;
}

int ipc_get_module(const struct frame *f, struct ipc_module *module)
{
    assert(f->type == FRAME_MODULE);
    struct frame_reader r = frame_read(f);
    *module = (struct ipc_module){.module = frame_get_u16(&r)};
    module->name = get_bounded(&r, IPC_NAME_MAX);
    module->version = get_bounded(&r, IPC_VERSION_MAX);
    module->description = get_bounded(&r, IPC_LINE_MAX);
    module->events = frame_get_u32(&r);
    module->ncapabilities = frame_get_u16(&r);
    if (get_capabilities(&r, module))
        return -1;
    module->ncommands = frame_get_u16(&r);
    if (!module->name[0] || module->ncommands > IPC_COMMANDS_MAX)
        return -1;
    for (unsigned i = 0; i < module->ncommands; i++) {
        struct ipc_command *command = &module->commands[i];
        command->name = get_bounded(&r, IPC_NAME_MAX);
        command->usage = get_bounded(&r, IPC_LINE_MAX);
        command->help = get_bounded(&r, IPC_LINE_MAX);
        if (!command->name[0])
            return -1;
    }
    return frame_reader_end(&r);
}

int ipc_put_failed(struct buf *out, const struct ipc_failed *failed)
{
    struct frame_writer w = frame_begin(out, FRAME_FAILED);
    frame_put_u16(&w, failed->module);
    frame_put_str(&w, failed->text);
    return frame_end(&w);
}

int ipc_get_failed(const struct frame *f, struct ipc_failed *failed)
{
    assert(f->type == FRAME_FAILED);
    struct frame_reader r = frame_read(f);
    failed->module = frame_get_u16(&r);
    failed->text = frame_get_str(&r);
    return frame_reader_end(&r);
}

int ipc_put_done(struct buf *out, uint64_t event)
{
    struct frame_writer w = frame_begin(out, FRAME_DONE);
    frame_put_u64(&w, event);
    return frame_end(&w);
}

int ipc_get_done(const struct frame *f, uint64_t *event)
{
    assert(f->type == FRAME_DONE);
    struct frame_reader r = frame_read(f);
    *event = frame_get_u64(&r);
    return frame_reader_end(&r);
}

int ipc_put_say(struct buf *out, const struct ipc_say *say)
{
    struct frame_writer w = frame_begin(out, FRAME_SAY);
    frame_put_u64(&w, say->event);
    frame_put_u16(&w, say->module);
    frame_put_u8(&w, (uint8_t)say->kind);
    frame_put_u8(&w, say->answer);
    frame_put_str(&w, say->target);
    frame_put_str(&w, say->text);
    return frame_end(&w);
}

int ipc_get_say(const struct frame *f, struct ipc_say *say)
{
    assert(f->type == FRAME_SAY);
    struct frame_reader r = frame_read(f);
    say->event = frame_get_u64(&r);
    say->module = frame_get_u16(&r);
    unsigned kind = frame_get_u8(&r);
    say->kind = (enum ipc_say_kind)kind;
    unsigned answer = frame_get_u8(&r);
    say->answer = answer;
    say->target = frame_get_str(&r);
    say->text = frame_get_text(&r, &say->text_len);
    if (frame_reader_end(&r) || kind < IPC_SAY_PRIVMSG || kind > IPC_SAY_RAW || answer > 1)
        return -1;
    return say->target[0] ? 0 : -1;
}

int ipc_put_ask(struct buf *out, const struct ipc_ask *ask)
{
    struct frame_writer w = frame_begin(out, FRAME_ASK);
    frame_put_u64(&w, ask->question);
    frame_put_u64(&w, ask->event);
    frame_put_u16(&w, ask->module);
    frame_put_u8(&w, (uint8_t)ask->op);
    frame_put_u8(&w, ask->scope);
    frame_put_str(&w, ask->key);
    frame_put_str(&w, ask->value);
    frame_put_u64(&w, (uint64_t)ask->by);
    return frame_end(&w);
}

int ipc_get_ask(const struct frame *f, struct ipc_ask *ask)
{
    assert(f->type == FRAME_ASK);
    struct frame_reader r = frame_read(f);
    ask->question = frame_get_u64(&r);
    ask->event = frame_get_u64(&r);
    ask->module = frame_get_u16(&r);
    unsigned op = frame_get_u8(&r);
    ask->op = (enum ipc_op)op;
    ask->scope = frame_get_u8(&r);
    ask->key = get_bounded(&r, IPC_KEY_MAX);
    ask->value = get_bounded(&r, IPC_VALUE_MAX);
    ask->by = (int64_t)frame_get_u64(&r);
    if (frame_reader_end(&r) || op < IPC_GET || op >= IPC_OP_END || ask->scope > 2)
        return -1;
    return ask->question && ask->key[0] ? 0 : -1;
}

int ipc_put_log(struct buf *out, const struct ipc_log *log)
{
    struct frame_writer w = frame_begin(out, FRAME_LOG);
    frame_put_u16(&w, log->module);
    frame_put_u8(&w, log->level);
    frame_put_str(&w, log->text);
    return frame_end(&w);
}

int ipc_get_log(const struct frame *f, struct ipc_log *log)
{
    assert(f->type == FRAME_LOG);
    struct frame_reader r = frame_read(f);
    log->module = frame_get_u16(&r);
    log->level = frame_get_u8(&r);
    log->text = frame_get_str(&r);
    return frame_reader_end(&r) || log->level > 3 ? -1 : 0;
}
