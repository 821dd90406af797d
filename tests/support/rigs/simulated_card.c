/* A control plugin of alsa-lib that is a simulated interface: its elements and values come from a socket.
 *
 * Compiled by the tests against libasound2-dev (simulated_card.py) and named in a private ALSA_CONFIG_PATH. Opened, it
 * connects to the socket twice. On the first connection it asks, and each answer is a line, or !errno:
 *
 *   C     id TAB driver TAB name TAB long name
 *   L     the number of elements, then a line for each: name TAB kind TAB min TAB max TAB words (with |) TAB dB (min|max)
 *   R n   the value of element n
 *
 * On the second, which begins with W, it hears the numbers of elements that have changed. A connection that is closed is a
 * card that was pulled out.
 */
#include <alsa/asoundlib.h>
#include <alsa/control_external.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 32
#define WORDS 8

struct element {
    char name[64];
    int kind; /* SND_CTL_ELEM_TYPE_... */
    long min, max;
    int words;
    char word[WORDS][32];
    int has_db;
    int db_min, db_max; /* hundredths */
};

struct card {
    snd_ctl_ext_t ext;
    int fd;
    int count;
    struct element elements[MOST];
    char line[512], event[512];
    int filled, heard;
};

/* One line of a connection: 1, 0 where there is none yet and nobody waits, -ENODEV where the other end is gone. */
static int next_line(int fd, char *buffer, int *filled, char *into, size_t size, int wait)
{
    for (;;) {
        char *end = memchr(buffer, '\n', *filled);
        if (end) {
            size_t n = end - buffer;
            if (n >= size)
                n = size - 1;
            memcpy(into, buffer, n);
            into[n] = 0;
            *filled -= end + 1 - buffer;
            memmove(buffer, end + 1, *filled);
            return 1;
        }
        ssize_t got = recv(fd, buffer + *filled, 512 - *filled, wait ? 0 : MSG_DONTWAIT);
        if (got > 0)
            *filled += got;
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return -ENODEV;
        else if (!wait && errno == EAGAIN)
            return 0;
    }
}

static int ask(struct card *c, const char *question, char *into, size_t size)
{
    if (send(c->fd, question, strlen(question), MSG_NOSIGNAL) < 0)
        return -ENODEV;
    return next_line(c->fd, c->line, &c->filled, into, size, 1);
}

static int elem_count(snd_ctl_ext_t *ext) { return ((struct card *)ext->private_data)->count; }

static int elem_list(snd_ctl_ext_t *ext, unsigned int offset, snd_ctl_elem_id_t *id)
{
    struct card *c = ext->private_data;
    if (offset >= (unsigned)c->count)
        return -EINVAL;
    snd_ctl_elem_id_set_numid(id, offset + 1);
    snd_ctl_elem_id_set_interface(id, SND_CTL_ELEM_IFACE_MIXER);
    snd_ctl_elem_id_set_name(id, c->elements[offset].name);
    return 0;
}

/* By number, by which alsa-lib asks for the scale, else by name; the number is written down where it asks for it. */
static snd_ctl_ext_key_t find_elem(snd_ctl_ext_t *ext, const snd_ctl_elem_id_t *id)
{
    struct card *c = ext->private_data;
    unsigned numid = snd_ctl_elem_id_get_numid(id);
    const char *name = snd_ctl_elem_id_get_name(id);
    for (int i = 0; i < c->count; i++)
        if (numid ? numid == i + 1u : !strcmp(name, c->elements[i].name)) {
            snd_ctl_elem_id_set_numid((snd_ctl_elem_id_t *)id, i + 1);
            return i;
        }
    return SND_CTL_EXT_KEY_NOT_FOUND;
}

static int get_attribute(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, int *type, unsigned int *acc, unsigned int *count)
{
    struct card *c = ext->private_data;
    *type = c->elements[key].kind;
    *acc = SND_CTL_EXT_ACCESS_READ;
    if (c->elements[key].has_db)
        *acc |= SND_CTL_EXT_ACCESS_TLV_READ | SND_CTL_EXT_ACCESS_TLV_CALLBACK;
    *count = 1;
    return 0;
}

static int get_integer_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *imin, long *imax, long *istep)
{
    struct card *c = ext->private_data;
    *imin = c->elements[key].min;
    *imax = c->elements[key].max;
    *istep = 1;
    return 0;
}

static int get_enumerated_info(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *items)
{
    *items = ((struct card *)ext->private_data)->elements[key].words;
    return 0;
}

static int get_enumerated_name(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int item, char *name, size_t most)
{
    struct card *c = ext->private_data;
    if (item >= (unsigned)c->elements[key].words)
        return -EINVAL;
    snprintf(name, most, "%s", c->elements[key].word[item]);
    return 0;
}

static int read_value(struct card *c, snd_ctl_ext_key_t key, long *value)
{
    char question[32], line[64];
    snprintf(question, sizeof(question), "R%lu\n", key);
    int err = ask(c, question, line, sizeof(line));
    if (err < 0)
        return err;
    if (line[0] == '!')
        return -atoi(line + 1);
    *value = atol(line);
    return 0;
}

static int read_integer(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, long *value)
{
    return read_value(ext->private_data, key, value);
}

static int read_enumerated(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, unsigned int *items)
{
    long value = 0;
    int err = read_value(ext->private_data, key, &value);
    *items = value;
    return err;
}

static int tlv(snd_ctl_ext_t *ext, snd_ctl_ext_key_t key, int op, unsigned int numid, unsigned int *data, unsigned int size)
{
    struct element *e = &((struct card *)ext->private_data)->elements[key];
    (void)numid;
    if (op != 0 || !e->has_db || size < 4 * sizeof(unsigned int))
        return -ENXIO;
    data[0] = SND_CTL_TLVT_DB_MINMAX;
    data[1] = 2 * sizeof(unsigned int);
    data[2] = e->db_min;
    data[3] = e->db_max;
    return 0;
}

static int read_event(snd_ctl_ext_t *ext, snd_ctl_elem_id_t *id, unsigned int *mask)
{
    struct card *c = ext->private_data;
    char line[64];
    int err = next_line(ext->poll_fd, c->event, &c->heard, line, sizeof(line), 0);
    if (err <= 0)
        return err < 0 ? err : -EAGAIN;
    *mask = SND_CTL_EVENT_MASK_VALUE;
    return elem_list(ext, atoi(line), id) < 0 ? -EAGAIN : 1;
}

static void card_close(snd_ctl_ext_t *ext)
{
    struct card *c = ext->private_data;
    close(c->fd);
    close(ext->poll_fd);
    free(c);
}

static const snd_ctl_ext_callback_t callbacks = {
    .close = card_close,
    .elem_count = elem_count,
    .elem_list = elem_list,
    .find_elem = find_elem,
    .get_attribute = get_attribute,
    .get_integer_info = get_integer_info,
    .get_enumerated_info = get_enumerated_info,
    .get_enumerated_name = get_enumerated_name,
    .read_integer = read_integer,
    .read_enumerated = read_enumerated,
    .read_event = read_event,
};

static void part(char **rest, char *into, size_t size)
{
    char *found = strsep(rest, "\t");
    snprintf(into, size, "%s", found ? found : "");
}

static int describe(struct card *c)
{
    char line[512], text[256];
    int err = ask(c, "C\n", line, sizeof(line));
    if (err < 0)
        return err;
    if (line[0] == '!') /* refused, as a file that may not be opened */
        return -atoi(line + 1);
    char *rest = line;
    part(&rest, c->ext.id, sizeof(c->ext.id));
    part(&rest, c->ext.driver, sizeof(c->ext.driver));
    part(&rest, c->ext.name, sizeof(c->ext.name));
    part(&rest, c->ext.longname, sizeof(c->ext.longname));
    strcpy(c->ext.mixername, "USB Mixer");
    if ((err = ask(c, "L\n", line, sizeof(line))) < 0)
        return err;
    c->count = atoi(line) < MOST ? atoi(line) : MOST;
    for (int i = 0; i < c->count; i++) {
        struct element *e = &c->elements[i];
        if ((err = next_line(c->fd, c->line, &c->filled, line, sizeof(line), 1)) < 0)
            return err;
        rest = line;
        part(&rest, e->name, sizeof(e->name));
        part(&rest, text, sizeof(text));
        e->kind = atoi(text);
        part(&rest, text, sizeof(text));
        e->min = atol(text);
        part(&rest, text, sizeof(text));
        e->max = atol(text);
        part(&rest, text, sizeof(text));
        char *words = text, *word;
        while (e->kind == SND_CTL_ELEM_TYPE_ENUMERATED && e->words < WORDS && (word = strsep(&words, "|")))
            snprintf(e->word[e->words++], sizeof(e->word[0]), "%s", word);
        part(&rest, text, sizeof(text));
        e->has_db = sscanf(text, "%d|%d", &e->db_min, &e->db_max) == 2;
    }
    return 0;
}

static int joined(const char *path, const char *greeting)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return -ENODEV;
    }
    send(fd, greeting, strlen(greeting), MSG_NOSIGNAL);
    return fd;
}

SND_CTL_PLUGIN_DEFINE_FUNC(rigsim)
{
    const char *path = NULL;
    snd_config_iterator_t i, next;
    snd_config_for_each(i, next, conf) {
        snd_config_t *n = snd_config_iterator_entry(i);
        const char *id;
        if (snd_config_get_id(n, &id) >= 0 && !strcmp(id, "socket"))
            snd_config_get_string(n, &path);
    }
    (void)root;
    struct card *c = calloc(1, sizeof(*c));
    if (!c || !path)
        return -EINVAL;
    c->ext.poll_fd = -1;
    int err = c->fd = joined(path, "");
    if (err >= 0)
        err = c->ext.poll_fd = joined(path, "W\n");
    if (err >= 0)
        err = describe(c);
    if (err >= 0) {
        c->ext.version = SND_CTL_EXT_VERSION;
        c->ext.callback = &callbacks;
        c->ext.private_data = c;
        c->ext.tlv.c = tlv;
        err = snd_ctl_ext_create(&c->ext, name, mode);
    }
    if (err < 0) {
        close(c->fd);
        close(c->ext.poll_fd);
        free(c);
        return err;
    }
    *handlep = c->ext.handle;
    return 0;
}

SND_CTL_PLUGIN_SYMBOL(rigsim);
