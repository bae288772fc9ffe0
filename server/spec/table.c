#include "server/spec/spec.h"

/* ---- What more than one command takes ---------------------------------------------------------
 */

static const struct command_param module_name = {
    .name = "name", .shown = "NAME", .help = "The module.", .complete = COMPLETE_MODULE};
static const struct command_param any_module = {.name = "name",
                                                .shown = "NAME",
                                                .help = "One module; without it all.",
                                                .complete = COMPLETE_MODULE,
                                                .optional = true};
static const struct command_param overlay = {.name = "network",
                                             .shown = "NET",
                                             .help = "On that network only: its overlay.",
                                             .kind = PARAM_OPTION,
                                             .complete = COMPLETE_NETWORK};
static const struct command_param network_name = {
    .name = "network", .shown = "NET", .help = "The network.", .complete = COMPLETE_NETWORK};
static const struct command_param field = {.name = "field",
                                           .shown = "FIELD",
                                           .help = "One of its fields, see seshet-registry(7).",
                                           .complete = COMPLETE_FIELD};
static const struct command_param list = {.name = "list",
                                          .shown = "LIST",
                                          .help = "One of its lists, see seshet-registry(7).",
                                          .complete = COMPLETE_LIST};
static const struct command_param items = {.name = "items",
                                           .shown = "ITEM...",
                                           .help =
                                               "Channels, nicks or masks, as the list wants them.",
                                           .kind = PARAM_WORDS};

static const struct command_param items_there = {.name = "items",
                                                 .shown = "ITEM...",
                                                 .help = "What stands in the list.",
                                                 .kind = PARAM_WORDS,
                                                 .complete = COMPLETE_ITEM};

/* ---- What one command takes -------------------------------------------------------------------
 */

static const struct command_param description = {.name = "description",
                                                 .shown = "TEXT...",
                                                 .help = "What it does, in one sentence.",
                                                 .kind = PARAM_REST,
                                                 .optional = true};
static const struct command_param value = {.name = "value",
                                           .shown = "VALUE...",
                                           .help = "Its value.",
                                           .kind = PARAM_REST,
                                           .complete = COMPLETE_VALUE};

static const struct command_param why_network = {
    .name = "network",
    .shown = "NET",
    .help = "The network where it happens; not needed when there is only one.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_NETWORK};
static const struct command_param why_source = {
    .name = "source",
    .shown = "NICK!USER@HOST",
    .help = "Who says it. A nick that shares a channel with the bot is enough.",
    .kind = PARAM_OPTION};
static const struct command_param why_account = {.name = "account",
                                                 .shown = "ACCOUNT",
                                                 .help = "The services account of the source.",
                                                 .kind = PARAM_OPTION};
static const struct command_param why_channel = {.name = "channel",
                                                 .shown = "CHANNEL",
                                                 .help = "Where; without it, in private.",
                                                 .kind = PARAM_OPTION};
static const struct command_param why_text = {
    .name = "text",
    .shown = "TEXT",
    .help = "What is said, such as '!roll 2d6'; without it, the module's first command.",
    .kind = PARAM_OPTION};
static const struct command_param why_event = {
    .name = "event",
    .shown = "TYPE",
    .help = "Another event than a message: join, part, quit, nick, topic...",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_EVENT};
static const struct command_param why_present = {
    .name = "present",
    .shown = "NICK,...",
    .help = "Nicks to take as present besides those that the bot knows of.",
    .kind = PARAM_OPTION};

static const struct command_param logs_network = {.name = "network",
                                                  .shown = "NET",
                                                  .help = "Only of that network.",
                                                  .kind = PARAM_OPTION,
                                                  .complete = COMPLETE_NETWORK};
static const struct command_param logs_follow = {
    .name = "follow", .help = "Go on with what comes, until interrupted.", .kind = PARAM_FLAG};
static const struct command_param logs_after = {.name = "after", .kind = PARAM_INTERNAL};

static const struct command_param new_name = {
    .name = "name", .shown = "NAME", .help = "Its name: a-z 0-9 _ -, at most 32."};
static const struct command_param new_cxx = {
    .name = "cxx", .help = "In C++ instead of C.", .kind = PARAM_FLAG};
static const struct command_param build_folder = {.name = "folder",
                                                  .shown = "FOLDER",
                                                  .help = "Where its Makefile is; without it here.",
                                                  .complete = COMPLETE_FILE,
                                                  .optional = true};
static const struct command_param build_watch = {
    .name = "watch", .help = "Again whenever a file is saved.", .kind = PARAM_FLAG};
static const struct command_param build_install = {
    .name = "install",
    .shown = "DIR",
    .help = "Move it there; without it, to modules.user_dir of a running server.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_FILE};
static const struct command_param try_file = {.name = "file",
                                              .shown = "FILE",
                                              .help = "The module's file, such as ./dice.so.",
                                              .complete = COMPLETE_FILE};
static const struct command_param try_texts = {
    .name = "texts",
    .shown = "TEXT...",
    .help = "What is said, one after another; '<NICK> TEXT' by somebody else; /help.",
    .kind = PARAM_WORDS,
    .optional = true};
static const struct command_param try_as = {
    .name = "as", .shown = "NICK", .help = "Who says it: alice.", .kind = PARAM_OPTION};
static const struct command_param try_account = {.name = "account",
                                                 .shown = "ACCOUNT",
                                                 .help = "Who that is to services: nobody.",
                                                 .kind = PARAM_OPTION};
static const struct command_param try_channel = {
    .name = "channel", .shown = "CHANNEL", .help = "Where: #test.", .kind = PARAM_OPTION};
static const struct command_param try_private = {
    .name = "private", .help = "To the bot, in private.", .kind = PARAM_FLAG};
static const struct command_param try_users = {.name = "users",
                                               .shown = "N|NICK,...",
                                               .help =
                                                   "So many others are in the channel, or these.",
                                               .kind = PARAM_OPTION};
static const struct command_param try_after = {
    .name = "after",
    .shown = "DURATION",
    .help = "At the end so much time passes, such as 90s or 1h30m.",
    .kind = PARAM_OPTION};
static const struct command_param try_permissions = {
    .name = "permissions",
    .shown = "LIST",
    .help = "What it may do besides: net, files, raw, exec.",
    .kind = PARAM_OPTION,
    .complete = COMPLETE_PERMISSION};

static const struct command_param reason = {.name = "reason",
                                            .shown = "REASON...",
                                            .help = "Said to the channels.",
                                            .kind = PARAM_REST,
                                            .optional = true};
static const struct command_param ignores_network = {
    .name = "network",
    .shown = "NET",
    .help = "One network; without it those that count on all.",
    .complete = COMPLETE_NETWORK,
    .optional = true};
static const struct command_param unignore_network = {
    .name = "network",
    .shown = "NET",
    .help = "The network, or \"all\" for an ignore that counts on all.",
    .complete = COMPLETE_NETWORK};
static const struct command_param mask = {.name = "mask",
                                          .shown = "MASK",
                                          .help = "As network ignores shows it.",
                                          .complete = COMPLETE_IGNORE};

static const struct command_param storage = {
    .name = "storage", .help = "Also what the modules have stored.", .kind = PARAM_FLAG};
static const struct command_param from = {.name = "from", .kind = PARAM_INTERNAL};
static const struct command_param file = {
    .name = "file",
    .shown = "FILE",
    .help = "What registry export printed; - is the standard input.",
    .kind = PARAM_DOCUMENT,
    .complete = COMPLETE_FILE};
static const struct command_param dry_run = {
    .name = "dry-run", .help = "Only say what would change.", .kind = PARAM_FLAG};
static const struct command_param replace = {
    .name = "replace",
    .help = "Take away what the file does not have, of the modules that it has.",
    .kind = PARAM_FLAG};

const struct command_spec command_specs[COMMAND_COUNT] = {
    [COMMAND_STATUS] = {"status", "The server, its registry, networks and module hosts", {NULL}},

    [COMMAND_MODULE_LIST] = {"module list", "The modules, and where they are enabled", {NULL}},
    [COMMAND_MODULE_SHOW] = {"module show",
                             "All about one module: its fields and lists, and where they come from",
                             {&module_name, &overlay}},
    [COMMAND_MODULE_REGISTER] = {"module register",
                                 "Put a module into the registry, before its file is there",
                                 {&module_name, &description}},
    [COMMAND_MODULE_ENABLE] = {"module enable", "Switch a module on", {&module_name, &overlay}},
    [COMMAND_MODULE_DISABLE] = {"module disable", "Switch a module off", {&module_name, &overlay}},
    [COMMAND_MODULE_SET] = {"module set",
                            "Give a field a value",
                            {&module_name, &field, &value, &overlay}},
    [COMMAND_MODULE_UNSET] = {"module unset",
                              "Take a field's value away, so that its default counts again",
                              {&module_name, &field, &overlay}},
    [COMMAND_MODULE_ADD] = {"module add",
                            "Put items into a list",
                            {&module_name, &list, &items, &overlay}},
    [COMMAND_MODULE_REMOVE] = {"module remove",
                               "Take items out of a list",
                               {&module_name, &list, &items_there, &overlay}},
    [COMMAND_MODULE_RELOAD] = {"module reload",
                               "Look at the module files again, and load what is new",
                               {&any_module}},
    [COMMAND_MODULE_WHY] = {"module why",
                            "Would it answer? Each rule, and the one that decides",
                            {&module_name, &why_network, &why_source, &why_account, &why_channel,
                             &why_text, &why_event, &why_present}},

    [COMMAND_MODULE_LOGS] = {"module logs",
                             "What it has logged last, and its faults",
                             {&module_name, &logs_network, &logs_follow, &logs_after}},
    [COMMAND_MODULE_NEW] = {"module new",
                            "Write the files of a new module into a folder NAME",
                            {&new_name, &new_cxx},
                            .local = true},
    [COMMAND_MODULE_BUILD] = {"module build",
                              "Compile a module, and put it where the server finds it",
                              {&build_folder, &build_watch, &build_install},
                              .local = true},
    [COMMAND_MODULE_TRY] = {"module try",
                            "Run a module without a server, and see what it says",
                            {&try_file, &try_texts, &try_as, &try_account, &try_channel,
                             &try_private, &try_users, &try_after, &try_permissions},
                            .local = true},

    [COMMAND_NETWORK_LIST] = {"network list", "The networks and their connections", {NULL}},
    [COMMAND_NETWORK_SHOW] = {"network show", "All about one network", {&network_name}},
    [COMMAND_NETWORK_CONNECT] = {"network connect", "Connect now", {&network_name}},
    [COMMAND_NETWORK_DISCONNECT] = {"network disconnect",
                                    "QUIT, and stay away until told to connect",
                                    {&network_name, &reason}},
    [COMMAND_NETWORK_REHASH] = {"network rehash", "Read the configuration again", {NULL}},
    [COMMAND_NETWORK_CHANNELS] = {"network channels",
                                  "The channels the bot is in",
                                  {&network_name}},
    [COMMAND_NETWORK_IGNORES] = {"network ignores",
                                 "Who is ignored, and for how long",
                                 {&ignores_network}},
    [COMMAND_NETWORK_UNIGNORE] = {"network unignore",
                                  "Stop ignoring a mask",
                                  {&unignore_network, &mask}},

    [COMMAND_REGISTRY_SHOW] = {"registry show", "Where the registry is, and how it is", {NULL}},
    [COMMAND_REGISTRY_CHECK] = {"registry check",
                                "Find what is wrong or dangling in the registry",
                                {NULL}},
    [COMMAND_REGISTRY_EXPORT] = {"registry export",
                                 "Print all definitions as JSON",
                                 {&storage, &from}},
    [COMMAND_REGISTRY_IMPORT] = {"registry import",
                                 "Write definitions that were exported",
                                 {&file, &dry_run, &replace}},
};
