"""Painting a demo picture: the table with what stands on it, each piece with its light and shadow, the
light of day."""

from __future__ import annotations

import functools
from random import Random

from PIL import Image, ImageChops, ImageFilter

from dashboard.demo.layout import HEIGHT, WIDTH, Place
from dashboard.demo.paint import Color, cloud, curve, graph, lit, ramp, shifted, soften
from dashboard.demo.surfaces import SHEET, board, plate

# Where the light comes from: the upper left.
_LIGHT = (-0.62, -0.78)


def set_table(rng: Random, sheet: Image.Image, *, with_board: bool) -> Image.Image:
    """A part of a table, bare or with a plate or a board on it."""
    left, top = rng.randint(0, SHEET[0] - WIDTH), rng.randint(0, SHEET[1] - HEIGHT)
    canvas = sheet.crop((left, top, left + WIDTH, top + HEIGHT))
    if rng.random() < 0.5:
        canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    choice = rng.random()
    if choice < 0.34:
        size = rng.randint(520, 610)
        base = rng.choice(((236, 233, 226), (226, 230, 232), (96, 116, 128), (206, 190, 166)))
        dish, mask = plate(size, base)
    elif choice < 0.54 and with_board:
        dish, mask = board(rng, rng.randint(640, 760), rng.randint(420, 480))
    else:
        return canvas
    x = (WIDTH - dish.width) // 2 + rng.randint(-70, 70)
    y = (HEIGHT - dish.height) // 2 + rng.randint(-20, 20)
    _shadow(canvas, mask, x, y, (9, 12), 16, 0.5)
    canvas.paste(dish, (x, y), mask)
    return canvas


def put(canvas: Image.Image, place: Place, alpha: Image.Image, *, daylight: bool) -> None:
    """Put one piece down with its shadow. `alpha` is the place's mask."""
    sprite, side, wide = place.sprite, place.side, place.wide
    warm: Color = (255, 250, 240) if daylight else (255, 214, 150)
    shade: Color = (58, 58, 78) if daylight else (64, 40, 34)
    albedo = sprite.albedo.resize((side, side), Image.Resampling.HAMMING)
    # The corners that turn into view get the colour of the middle; the mask hides them.
    middle = albedo.getpixel((side // 2, side // 2))
    colors = Image.new("RGB", (wide, wide), middle)
    colors.paste(albedo, (place.pad, place.pad))
    colors = colors.rotate(place.turn, Image.Resampling.BICUBIC, fillcolor=middle)
    bump = sprite.bump.resize((wide, wide), Image.Resampling.BILINEAR) if sprite.bump else None
    if sprite.cut or sprite.kind == "leaf":
        body = _flat(colors, alpha, _LIGHT, warm, shade)
    else:
        body = lit(colors, alpha, light=_LIGHT, warm=warm, shade=shade, gloss=sprite.gloss, bump=bump)
    x, y = place.corner
    lift = 0.25 if sprite.kind == "leaf" else 0.55 if sprite.cut else 1.0
    away = (-_LIGHT[0] * side * 0.13 * lift, -_LIGHT[1] * side * 0.13 * lift)
    _shadow(canvas, alpha, x, y, away, side * 0.07 * lift + 2, 0.50)
    _shadow(canvas, alpha, x, y, (away[0] * 0.35, away[1] * 0.35), side * 0.025 + 1, 0.42)
    canvas.paste(body, (x, y), alpha)


def _flat(
    colors: Image.Image, alpha: Image.Image, light: tuple[float, float], warm: Color, shade: Color
) -> Image.Image:
    """Light a flat thing: only its rim turns towards or away from the light."""
    soft = alpha.filter(ImageFilter.GaussianBlur(3))
    slope = ImageChops.subtract(
        shifted(soft, -light[0] * 3, -light[1] * 3), shifted(soft, light[0] * 3, light[1] * 3), 1.0, 128
    )
    dark = ramp(curve(slope, lambda v: min(1.0, 1.25 - 0.5 * v)), shade, (255, 255, 255))
    shine = curve(slope, lambda v: max(0.0, (0.45 - v) * 0.8))
    return ImageChops.screen(ImageChops.multiply(colors, dark), ramp(shine, (0, 0, 0), warm))


def _shadow(
    canvas: Image.Image,
    mask: Image.Image,
    x: int,
    y: int,
    away: tuple[float, float],
    blur: float,
    strength: float,
) -> None:
    """Darken the canvas by a blurred, shifted silhouette."""
    margin = round(blur * 2.5)
    soft = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    soft.paste(mask, (margin, margin))
    soft = soften(soft, blur)
    at = (round(x - margin + away[0]), round(y - margin + away[1]))
    canvas.paste((26, 18, 20), (*at, at[0] + soft.width, at[1] + soft.height), curve(soft, _faded(strength)))


@functools.cache
def _faded(strength: float) -> list[int]:
    return graph(lambda v: v * strength)


def develop(rng: Random, canvas: Image.Image, grain: Image.Image, daylight: bool) -> Image.Image:
    """Light that falls off across the table, the colour of the hour, and a little film grain."""
    small = (WIDTH // 8, HEIGHT // 8)
    gradient = (
        Image.linear_gradient("L").resize((300, 300)).rotate(rng.uniform(28, 48), Image.Resampling.BICUBIC)
    )
    gradient = gradient.crop((60, 60, 240, 240)).resize(small, Image.Resampling.BICUBIC)
    dapple = cloud(rng, small, (4, 3), 2).filter(ImageFilter.GaussianBlur(3))
    fall = 0.30 if daylight else 0.52
    light = Image.blend(
        curve(gradient, lambda v: 1.0 - fall * v), curve(dapple, lambda v: 0.72 + 0.42 * v), 0.25
    )
    light = light.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    bright: Color = (255, 252, 246) if daylight else (255, 226, 176)
    dim: Color = (14, 16, 26) if daylight else (30, 10, 6)
    image = ImageChops.multiply(canvas, ramp(light, dim, bright))
    image = ImageChops.add(image, grain, 1.0, -128)
    gain = 1.34 if daylight else 1.16
    return image.point(graph(lambda v: 1 - (1 - v) ** gain) * 3)
