/* A plugin of qemu: how many instructions the emulated program ran, on the standard error stream.
 * Declares what it needs of the plugin interface itself, as Debian packages no header. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t Plugin;
struct qemu_plugin_tb;

void qemu_plugin_register_vcpu_tb_trans_cb(Plugin, void (*)(Plugin, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
void qemu_plugin_register_atexit_cb(Plugin, void (*)(Plugin, void *), void *);

int qemu_plugin_version = 1;
static uint64_t count;

static void translated(Plugin self, struct qemu_plugin_tb *block) {
    const int add = 0;
    (void)self;
    qemu_plugin_register_vcpu_tb_exec_inline(block, add, &count, qemu_plugin_tb_n_insns(block));
}

static void ended(Plugin self, void *nothing) {
    (void)self, (void)nothing;
    fprintf(stderr, "%llu\n", (unsigned long long)count);
}

int qemu_plugin_install(Plugin self, const void *info, int count_of_arguments, char **arguments) {
    (void)info, (void)count_of_arguments, (void)arguments;
    qemu_plugin_register_vcpu_tb_trans_cb(self, translated);
    qemu_plugin_register_atexit_cb(self, ended, NULL);
    return 0;
}
