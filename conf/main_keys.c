#include "conf/parse.h"

#include "conf/check.h"

#define AT(field)  offsetof(struct conf_main, field)
#define PATH_BYTES 4000

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"auto", "text", "json", NULL};
_Static_assert(sizeof(enum log_level) == sizeof(int) && sizeof(enum log_format) == sizeof(int),
               "a word is stored as an int");

static const struct conf_key keys[] = {
    {.path = "state_dir",
     .kind = CONF_PATH,
     .offset = AT(state_dir),
     .max = PATH_BYTES,
     .help = "Folder for what the server writes."},
    {.path = "networks_dir",
     .kind = CONF_PATH,
     .offset = AT(networks_dir),
     .max = PATH_BYTES,
     .help = "Folder with one file for each network, NAME.conf."},

    {.path = "registry", .kind = CONF_GROUP, .help = "The database of modules, in Redis."},
    {.path = "registry.uri",
     .kind = CONF_STRING,
     .offset = AT(registry.uri),
     .max = 1000,
     .fallback = "embedded",
     .hidden = true,
     .check = conf_check_uri,
     .help = "embedded (a private Redis), redis://, rediss:// or unix://."},
    {.path = "registry.prefix",
     .kind = CONF_STRING,
     .offset = AT(registry.prefix),
     .max = 100,
     .fallback = "seshet:",
     .check = conf_check_prefix,
     .help = "Begins the name of every key in Redis."},
    {.path = "registry.password_file",
     .kind = CONF_SECRET,
     .offset = AT(registry.password_file),
     .second = AT(registry.password),
     .max = PATH_BYTES,
     .help = "File that holds the password of Redis."},
    {.path = "registry.password_env",
     .kind = CONF_STRING,
     .offset = AT(registry.password_env),
     .max = 200,
     .check = conf_check_env,
     .help = "Environment variable that holds it instead."},

    {.path = "modules", .kind = CONF_GROUP, .help = "Where modules are found."},
    {.path = "modules.system_dir",
     .kind = CONF_PATH,
     .offset = AT(modules.system_dir),
     .max = PATH_BYTES,
     .help = "Folder of the bundled modules."},
    {.path = "modules.user_dir",
     .kind = CONF_PATH,
     .offset = AT(modules.user_dir),
     .max = PATH_BYTES,
     .help = "Folder of your own modules, searched first."},
    {.path = "modules.enable_new",
     .kind = CONF_BOOL,
     .offset = AT(modules.enable_new),
     .fallback = "false",
     .help = "Whether a module that is new here is enabled at once on all networks."},

    {.path = "control", .kind = CONF_GROUP, .help = "How seshetctl reaches the server."},
    {.path = "control.socket",
     .kind = CONF_PATH,
     .offset = AT(control.socket),
     .max = 107, /* sun_path, unix(7), with its NUL */
     .help = "Unix socket that seshetctl asks."},

    {.path = "log", .kind = CONF_GROUP, .help = "What is logged."},
    {.path = "log.level",
     .kind = CONF_WORD,
     .offset = AT(log.level),
     .words = levels,
     .min = LOG_LEVEL_DEBUG,
     .fallback = "info",
     .help = "debug, info, warn or error."},
    {.path = "log.format",
     .kind = CONF_WORD,
     .offset = AT(log.format),
     .words = formats,
     .min = LOG_FORMAT_AUTO,
     .fallback = "auto",
     .help = "text, json, or auto: text on a terminal and JSON elsewhere."},
};

const struct conf_schema conf_main_schema = {keys, sizeof keys / sizeof *keys};
