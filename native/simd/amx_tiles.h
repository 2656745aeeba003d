// The tiles of AMX: 16 rows of 64 bytes each. Included inside amx_integer.cpp's namespace.
//
// One instruction multiplies 16 pixels' 64 bytes with as many weights of 16 channels and adds the
// products to 256 sums. Which tiles it takes is part of the instruction: they are templates'
// arguments.

constexpr int kTileRows = 16, kTileBytes = 64;
constexpr int kPixelTile = 6, kWeightTile = 7;  // those before are sums

// Which rows tiles have: as many as there are pixels, but for those of weights.
struct alignas(64) Shapes {
    uint8_t palette = 1, start = 0, reserved[14] = {};
    uint16_t bytes[16] = {};
    uint8_t rows[16] = {};

    explicit Shapes(int pixels) {
        for (int tile = 0; tile <= kWeightTile; ++tile) {
            bytes[tile] = kTileBytes;
            rows[tile] = static_cast<uint8_t>(tile == kWeightTile ? kTileRows : pixels);
        }
    }
};

// As instructions, because the compiler's intrinsics of that name need flags that older ones lack.
#if MNV2_EMULATED
inline void shape_tiles(const Shapes& shapes) { _tile_loadconfig(&shapes); }
inline void release_tiles() { _tile_release(); }
template <int Tile>
inline void load_tile(const void* from, ptrdiff_t stride) {
    _tile_loadd(Tile, from, stride);
}
template <int Tile>
inline void store_tile(void* to) {
    _tile_stored(Tile, to, kTileBytes);
}
template <int Sums>
inline void multiply_tiles() {
    _tile_dpbusd(Sums, kPixelTile, kWeightTile);
}
#else
MNV2_INLINE void shape_tiles(const Shapes& shapes) {
    asm volatile("ldtilecfg %0" : : "m"(shapes));
}
MNV2_INLINE void release_tiles() { asm volatile("tilerelease" : : : "memory"); }
template <int Tile>
MNV2_INLINE void load_tile(const void* from, ptrdiff_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(Tile) : "memory");
}
template <int Tile>
MNV2_INLINE void store_tile(void* to) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)"
                 :
                 : "r"(to), "r"(ptrdiff_t{kTileBytes}), "i"(Tile)
                 : "memory");
}
template <int Sums>
MNV2_INLINE void multiply_tiles() {
    asm volatile("tdpbusd %%tmm%c0, %%tmm%c1, %%tmm%c2"
                 :
                 : "i"(kWeightTile), "i"(kPixelTile), "i"(Sums));
}
#endif
