"""Pictures as models and platforms take them, out of every kind, and out of what was sent to do harm."""

import struct
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from bot.errors import FileBroken, FileTooLarge, FileUnsupported
from bot.media import pictures
from bot.media.values import LONGEST_SIDE, MOST_PICTURE, PICTURE_KINDS, Picture
from tests.bot.media import clips

SECRET = b"52.5200 N 13.4050 E"


def taken(
    path: Path, longest: int = LONGEST_SIDE, most: int = MOST_PICTURE, kinds: tuple[str, ...] = PICTURE_KINDS
) -> Picture:
    folder = path.parent / "out"
    folder.mkdir(exist_ok=True)
    return pictures.picture(path, folder, longest, most, kinds)


def shown(picture: Picture) -> Image.Image:
    with Image.open(picture.path) as image:
        image.load()
        return image


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp", "a.avif", "a.tiff", "a.bmp"])
def test_every_kind_is_read_by_its_bytes_and_written_as_one_that_models_take(tmp_path: Path, name: str) -> None:
    picture = taken(clips.picture(tmp_path / name).rename(tmp_path / "file.txt"))
    assert picture.media_type in PICTURE_KINDS
    assert (picture.width, picture.height) == shown(picture).size == (300, 200)
    assert picture.size == picture.path.stat().st_size
    assert shown(picture).format == picture.media_type.removeprefix("image/").upper()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_every_mode_of_a_png_looks_the_same(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    if mode == "I;16":
        Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert(mode).save(path)
    else:
        Image.linear_gradient("L").convert(mode).save(path)
    grey = shown(taken(path)).convert("L")
    corners = [grey.getpixel((128, y)) for y in (2, 253)]
    assert corners == pytest.approx([2, 253], abs=4)


def test_a_picture_for_print_gets_the_colours_of_a_screen(tmp_path: Path) -> None:
    Image.new("CMYK", (50, 50), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    picture = shown(taken(tmp_path / "a.jpg"))
    assert picture.mode == "RGB"
    assert picture.getpixel((25, 25)) == pytest.approx((255, 0, 0), abs=30)


def test_transparency_stays(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert shown(taken(tmp_path / "a.png")).getpixel((5, 5)) == (255, 0, 0, 0)


def test_transparency_of_a_palette_stays(tmp_path: Path) -> None:
    Image.new("P", (50, 50), 3).save(tmp_path / "a.gif", transparency=3)
    assert shown(taken(tmp_path / "a.gif")).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]  # a colour


def test_where_no_transparency_is_taken_the_ground_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(tmp_path / "a.png")
    picture = taken(tmp_path / "a.png", kinds=("image/jpeg",))
    assert picture.media_type == "image/jpeg"
    assert shown(picture).getpixel((5, 5)) == pytest.approx((255, 255, 255), abs=3)


def test_an_alpha_that_hides_nothing_costs_nothing(tmp_path: Path) -> None:
    clips.picture(tmp_path / "a.png", mode="RGBA")
    assert shown(taken(tmp_path / "a.png")).mode == "RGB"


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photograph_stands_upright(tmp_path: Path, turn: int) -> None:
    upright = Image.new("RGB", (64, 32), "black")
    upright.paste("white", (0, 0, 16, 16))
    back = {6: 8, 8: 6}.get(turn, turn)
    stored = upright.transpose(pictures.TURNS[back]) if turn > 1 else upright
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = turn
    stored.save(tmp_path / "a.jpg", exif=exif, quality=95)
    picture = shown(taken(tmp_path / "a.jpg"))
    assert picture.size == (64, 32)
    assert picture.getpixel((4, 4)) == pytest.approx((255, 255, 255), abs=12)
    assert picture.getpixel((60, 28)) == pytest.approx((0, 0, 0), abs=12)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
@pytest.mark.parametrize("kinds", [("image/png",), ("image/jpeg",), ("image/webp",), ("image/gif",)])
def test_nothing_but_pixels_passes(tmp_path: Path, form: str, kinds: tuple[str, ...]) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    marked = Image.linear_gradient("L").convert("RGB")
    more = {"comment": SECRET} if form in ("JPEG", "GIF") else {}
    marked.save(tmp_path / "a", form, exif=exif, xmp=b"<x>" + SECRET + b"</x>", icc_profile=_profile(), **more)
    with (tmp_path / "a").open("ab") as file:
        file.write(SECRET)
    assert SECRET in (tmp_path / "a").read_bytes()
    picture = taken(tmp_path / "a", kinds=kinds)
    assert picture.media_type == kinds[0]
    assert SECRET not in picture.path.read_bytes()
    assert not shown(picture).getexif()
    assert "icc_profile" not in shown(picture).info


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_colours_of_another_space_become_those_of_srgb(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (_profile(), lab, b"no profile"):
        Image.new("RGB", (30, 30), (200, 100, 50)).save(tmp_path / "a.png", icc_profile=profile)
        assert shown(taken(tmp_path / "a.png")).getpixel((9, 9)) == pytest.approx((200, 100, 50), abs=2)


def test_broken_tags_turn_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20)).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert shown(taken(tmp_path / "a.jpg")).size == (40, 20)


def test_a_large_photograph_is_brought_to_the_side_that_is_taken(tmp_path: Path) -> None:
    picture = taken(clips.picture(tmp_path / "a.jpg", 5000, 2500))
    assert 0.9 * LONGEST_SIDE <= picture.width <= LONGEST_SIDE
    assert picture.width == pytest.approx(2 * picture.height, abs=2)


@pytest.mark.parametrize(("width", "height"), [(4500, 3000), (2049, 7), (4200, 1), (3, 9000)])
def test_a_large_drawing_is_brought_to_exactly_that_side(tmp_path: Path, width: int, height: int) -> None:
    picture = taken(clips.picture(tmp_path / "a.png", width, height))
    assert max(picture.width, picture.height) == LONGEST_SIDE
    assert min(picture.width, picture.height) == max(1, round(min(width, height) * LONGEST_SIDE / max(width, height)))


def test_the_bands_of_a_large_drawing_show_no_seams(tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((4500, 4500), Image.Resampling.BICUBIC).save(tmp_path / "a.png")
    grey = shown(taken(tmp_path / "a.png", longest=1000)).convert("L")
    column = [int(str(grey.getpixel((500, y)))) for y in range(1000)]
    assert column[0] < 3
    assert column[-1] > 252
    assert max(abs(one - other) for one, other in pairwise(column)) <= 2


def test_a_picture_is_made_poorer_and_then_smaller_until_it_fits(tmp_path: Path) -> None:
    Image.effect_noise((800, 800), 90).convert("RGB").save(tmp_path / "a.png")
    poorer = taken(tmp_path / "a.png", most=450_000)
    assert (poorer.media_type, poorer.width) == ("image/jpeg", 800)
    smaller = taken(tmp_path / "a.png", most=30_000)
    assert smaller.width < 800
    assert smaller.size <= 30_000


def test_what_fits_in_no_size_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge):
        taken(clips.picture(tmp_path / "a.png"), most=20)


def test_of_a_moving_picture_the_first_frame_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    for name in ("a.gif", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        picture = shown(taken(tmp_path / name))
        assert picture.convert("RGB").getpixel((9, 9)) == pytest.approx((255, 0, 0), abs=9)
        assert getattr(picture, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("width", "height"), [(30_000, 30_000), (9000, 9000), (65_000, 65_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_known_by_its_header(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(FileTooLarge) as refused:
        taken(clips.png(tmp_path / "a.png", width, height, zlib.compress(bytes(10_000_000))))
    assert refused.value.most == "64 MP"


def test_a_canvas_of_a_webp_is_known_before_it_is_reserved(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (1, 2, 3, 4)).save(tmp_path / "a.webp", exif=b"Exif\0\0x", lossless=True)
    content = bytearray((tmp_path / "a.webp").read_bytes())
    assert content[12:16] == b"VP8X"
    content[24:30] = struct.pack("<I", 16_000)[:3] * 2
    (tmp_path / "a.webp").write_bytes(content)
    with pytest.raises(FileTooLarge):
        taken(tmp_path / "a.webp")


def test_pixels_that_swell_beyond_the_header_are_not_unpacked(tmp_path: Path) -> None:
    bomb = clips.png(tmp_path / "a.png", 10, 10, zlib.compress(bytes(50_000_000)))
    picture = taken(bomb)
    assert (picture.width, picture.height) == (10, 10)


def test_text_that_swells_is_broken(tmp_path: Path) -> None:
    text = b"zTXtComment\0\0" + zlib.compress(bytes(20_000_000))
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    content = clips.png(tmp_path / "a.png", 10, 10, zlib.compress(bytes(110))).read_bytes()
    (tmp_path / "a.png").write_bytes(content[:33] + chunk + content[33:])
    with pytest.raises(FileBroken):
        taken(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp", "a.avif", "a.tiff", "a.bmp"])
@pytest.mark.parametrize("kept", [0.5, 0.1])
def test_a_torn_picture_is_broken(tmp_path: Path, name: str, kept: float) -> None:
    path = tmp_path / name
    Image.effect_noise((200, 200), 90).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * kept)])
    with pytest.raises(FileBroken):
        taken(path)


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>Sign in</html>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        b"\x7fELF" + bytes(100),
        b"",
    ],
    ids=["svg", "html", "eps", "heic", "elf", "empty"],
)
def test_what_cannot_be_read_as_a_picture_is_not_supported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(FileUnsupported):
        taken(path)


def test_a_sound_named_as_a_picture_is_not_supported(tmp_path: Path) -> None:
    with pytest.raises(FileUnsupported, match="mp3: no picture"):
        taken(clips.sound(tmp_path / "clip.mp3").rename(tmp_path / "a.png"))


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "])
def test_a_beginning_with_nothing_behind_it_is_broken(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "a").write_bytes(start + b"nothing of the kind")
    with pytest.raises(FileBroken):
        taken(tmp_path / "a")


def test_pixels_that_are_no_colours_are_not_supported(tmp_path: Path) -> None:
    Image.new("F", (9, 9)).save(tmp_path / "a.tiff")
    with pytest.raises(FileUnsupported):
        taken(tmp_path / "a.tiff")
